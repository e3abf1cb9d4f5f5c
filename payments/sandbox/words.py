"""What the hosted pages say, in English and in French."""

from typing import Literal

Language = Literal["en", "fr"]

NBSP = "\u00a0"

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "banner": "SANDBOX, no real money",
        "banner_more": "This page stands in for the payment service. No card is needed and nothing is charged.",
        "pay_title": "Payment",
        "you_pay": "To pay",
        "reserved": "The amount is reserved on the card now and taken only once the order is accepted.",
        "for": "For",
        "your_details": "Your details",
        "email": "Email",
        "optional": "(optional)",
        "test_card": "Test card",
        "pay": "Pay {amount}",
        "or_try": "Or try what happens when …",
        "decline": "the card is declined",
        "insufficient_funds": "the account is short of money",
        "authenticate": "the bank asks for 3-D Secure",
        "dispute": "the payment is disputed after its capture",
        "refund_fails": "a refund comes back a day later",
        "back": "Back without paying",
        "problem_title": "The payment did not go through",
        "card_declined": "Your card was declined. Nothing was taken; you can try again.",
        "insufficient_funds_problem": "Not enough money on the account. Nothing was taken; you can try again.",
        "authentication_failed": "The bank could not confirm that it is you. Nothing was taken; try again.",
        "secure_title": "3-D Secure",
        "secure_lead": "Your bank wants to know that it is really you who pays {amount}.",
        "secure_ok": "Yes, it is me",
        "secure_fail": "Fail the check",
        "expired_title": "This payment page has expired",
        "expired": "The time to pay is over and nothing was taken. Please go back and start again.",
        "complete_title": "This payment is done",
        "complete": "There is nothing more to pay here.",
        "go_on": "Continue",
        "go_back": "Go back",
        "setup_title": "Receive payments",
        "setup_lead": "To be paid, {name} would normally give the payment service the following:",
        "setup_person": "full name and date of birth",
        "setup_identity": "an identity document",
        "setup_bank": "a bank account in the account holder’s name",
        "setup_note": "In the sandbox one click fills in test details. Please do not type real ones anywhere.",
        "setup_complete": "Complete with test details",
        "setup_later": "Leave for later",
        "dashboard_title": "Your payouts",
        "dashboard_lead": "Transfers received by {name}",
        "dashboard_none": "No transfers yet.",
        "date": "Date",
        "transfer": "Transfer",
        "amount": "Amount",
        "missing_title": "There is no such page",
        "missing": "The address is wrong or the link has been used. Please go back and ask for a new one.",
    },
    "fr": {
        "banner": "BAC À SABLE, pas d’argent réel",
        "banner_more": "Cette page remplace le service de paiement. Aucune carte n’est demandée ni débitée.",
        "pay_title": "Paiement",
        "you_pay": "À payer",
        "reserved": "Le montant est réservé sur la carte, puis prélevé une fois la commande acceptée.",
        "for": "Pour",
        "your_details": "Vos informations",
        "email": "Adresse électronique",
        "optional": "(facultatif)",
        "test_card": "Carte de test",
        "pay": "Payer {amount}",
        "or_try": "Ou essayez ce qui se passe quand…",
        "decline": "la carte est refusée",
        "insufficient_funds": "le compte n’est pas assez approvisionné",
        "authenticate": "la banque demande 3-D Secure",
        "dispute": "le paiement est contesté après son encaissement",
        "refund_fails": "un remboursement revient le lendemain",
        "back": "Revenir sans payer",
        "problem_title": "Le paiement n’a pas abouti",
        "card_declined": "Votre carte a été refusée. Rien n’a été prélevé\u00a0; vous pouvez réessayer.",
        "insufficient_funds_problem": (
            "Le compte n’est pas assez approvisionné. Rien n’a été prélevé\u00a0; vous pouvez réessayer."
        ),
        "authentication_failed": (
            "La banque n’a pas pu confirmer votre identité. Rien n’a été prélevé\u00a0; vous pouvez réessayer."
        ),
        "secure_title": "3-D Secure",
        "secure_lead": "Votre banque veut s’assurer que c’est bien vous qui payez {amount}.",
        "secure_ok": "Oui, c’est moi",
        "secure_fail": "Échouer à la vérification",
        "expired_title": "Cette page de paiement a expiré",
        "expired": "Le délai pour payer est passé et rien n’a été prélevé. Revenez en arrière pour recommencer.",
        "complete_title": "Ce paiement est terminé",
        "complete": "Il n’y a plus rien à payer ici.",
        "go_on": "Continuer",
        "go_back": "Revenir",
        "setup_title": "Recevoir des paiements",
        "setup_lead": "Pour recevoir des paiements, {name} doit normalement fournir au service de paiement\u00a0:",
        "setup_person": "nom complet et date de naissance",
        "setup_identity": "une pièce d’identité",
        "setup_bank": "un compte bancaire à son nom",
        "setup_note": (
            "Dans le bac à sable, un clic remplit des informations de test. N’en saisissez jamais de véritables."
        ),
        "setup_complete": "Compléter avec des informations de test",
        "setup_later": "Plus tard",
        "dashboard_title": "Vos versements",
        "dashboard_lead": "Virements reçus par {name}",
        "dashboard_none": "Aucun virement pour l’instant.",
        "date": "Date",
        "transfer": "Virement",
        "amount": "Montant",
        "missing_title": "Cette page n’existe pas",
        "missing": "L’adresse est erronée ou le lien a déjà servi. Revenez en arrière pour en demander un autre.",
    },
}


def language_of(locale: str | None, accepted: str | None) -> Language:
    """The page's language: what the merchant asked for, else what the browser prefers, else English."""
    wanted = accepted if locale in (None, "auto") else locale
    return "fr" if (wanted or "").startswith("fr") else "en"


def euros(minor: int, language: Language) -> str:
    """An amount of cents as people write it in that language."""
    text = f"{minor // 100:,}.{minor % 100:02d}" if language == "en" else _french(minor)
    return f"€{text}" if language == "en" else f"{text}{NBSP}€"


def _french(minor: int) -> str:
    whole = f"{minor // 100:,}".replace(",", NBSP)
    return f"{whole},{minor % 100:02d}"
