"""Everybody in the demo: experts, leads in seven invented companies, and one admin. No real person is meant."""

from marketplace.demo import experts_intelligence, experts_organisation, experts_product, experts_technology
from marketplace.demo.shapes import DemoAdmin, DemoExpert, DemoLead

EXPERTS: tuple[DemoExpert, ...] = (
    *experts_technology.EXPERTS,
    *experts_intelligence.EXPERTS,
    *experts_product.EXPERTS,
    *experts_organisation.EXPERTS,
)

_BANK = "Banque Horizon"
_INSURER = "Belvarde Assurances"
_RETAILER = "Maison Tavernay"
_INDUSTRY = "Rochebrune Industries"
_HOSPITAL = "Centre hospitalier des Trois-Rives"
_ENERGY = "Solvane Énergie"
_TRANSPORT = "Orvane Mobilités"

LEADS: tuple[DemoLead, ...] = (
    DemoLead("lea", "Léa Fontaine", "lea.fontaine@demo.cadran.test", _BANK, "Europe/Paris", "fr"),
    DemoLead("marc", "Marc Delcourt", "marc.delcourt@demo.cadran.test", _BANK, "Europe/Paris", "fr"),
    DemoLead("priya", "Priya Raman", "priya.raman@demo.cadran.test", _BANK, "Europe/London", "en"),
    DemoLead("sophie", "Sophie Wauters", "sophie.wauters@demo.cadran.test", _INSURER, "Europe/Brussels", "fr"),
    DemoLead("tom", "Tom Ashworth", "tom.ashworth@demo.cadran.test", _INSURER, "Europe/London", "en"),
    DemoLead("nadia", "Nadia Berrada", "nadia.berrada@demo.cadran.test", _RETAILER, "Europe/Paris", "fr"),
    DemoLead("oliver", "Oliver Brandt", "oliver.brandt@demo.cadran.test", _RETAILER, "Europe/Berlin", "en"),
    DemoLead("julien", "Julien Marchetti", "julien.marchetti@demo.cadran.test", _INDUSTRY, "Europe/Paris", "fr"),
    DemoLead("greta", "Greta Lindqvist", "greta.lindqvist@demo.cadran.test", _INDUSTRY, "Europe/Stockholm", "en"),
    DemoLead("claire", "Claire Ozanne", "claire.ozanne@demo.cadran.test", _HOSPITAL, "Europe/Paris", "fr"),
    DemoLead("fatou", "Fatou Ndiaye", "fatou.ndiaye@demo.cadran.test", _ENERGY, "Europe/Paris", "fr"),
    DemoLead("aidan", "Aidan Keane", "aidan.keane@demo.cadran.test", _ENERGY, "Europe/Dublin", "en"),
    DemoLead("paul", "Paul Hoarau", "paul.hoarau@demo.cadran.test", _TRANSPORT, "Indian/Reunion", "fr"),
    DemoLead("mei", "Mei Tanaka", "mei.tanaka@demo.cadran.test", _TRANSPORT, "America/Montreal", "en"),
)

ADMIN = DemoAdmin("Hélène Aubert", "admin@demo.cadran.test", "Europe/Paris", "fr")
