"""The leads' requests: some still open, two of them beyond what the demo's experts have lived."""

from marketplace.demo.shapes import DemoRequest

REQUESTS: tuple[DemoRequest, ...] = (
    DemoRequest(
        lead="lea",
        days_ago=3,
        title="Faire relire notre cloud avant la certification de janvier",
        problem="Notre banque passe une certification ISO 27001 fin janvier. Nous avons vingt-deux comptes AWS, ouverts par quatre équipes différentes, et des rôles d’administration que plus personne ne sait expliquer. Un cabinet nous propose un audit de six semaines, trop long et trop général. Je cherche quelqu’un qui regarde nos comptes avec nous, nous montre les écarts qui feraient échouer l’audit et nous aide à choisir par où commencer, sans couper les applications.",
        objectives="\n".join(
            (
                "Dix écarts au plus, classés par risque.",
                "Un ordre de correction que l’exploitation accepte.",
                "Savoir quoi montrer à l’auditeur, et quoi lui dire.",
            )
        ),
        level="advanced",
        language="fr",
        budget_minor=130_000,
        format="remote",
        city="",
        open=True,
        fits=("ines", "thomas", "yann"),
    ),
    DemoRequest(
        lead="lea",
        days_ago=24,
        title="Ouvrir un assistant conversationnel pour nos clients particuliers",
        problem="Nous ouvrons un assistant sur notre espace client au printemps. Le fournisseur est choisi, le budget aussi, mais nous n’avons ni liste de sujets, ni règle pour passer la main à un conseiller, et nos conseillers craignent pour leur poste. Deux banques que je connais ont refermé le leur au bout de six mois. J’aimerais parler avec quelqu’un qui a vécu les douze premières semaines et qui sait ce qu’il ne faut pas ouvrir le premier jour.",
        objectives="\n".join(
            (
                "Choisir vingt sujets au plus.",
                "Écrire la règle de passage à un humain.",
                "Préparer l’annonce aux conseillers.",
            )
        ),
        level="practising",
        language="fr",
        budget_minor=115_000,
        format="",
        city="",
        open=False,
        fits=("salome",),
    ),
    DemoRequest(
        lead="priya",
        days_ago=6,
        title="Our document assistant answers well and cites badly",
        problem="We built an assistant over nine thousand policy documents for branch staff in London and Paris. Staff like it, but an internal check found that one answer in six cites a paragraph which does not support it. The team disagrees about the cause: some want another model, others another way of splitting documents. We need somebody who has measured this before, and who can help us to build a small set of questions that settles the argument.",
        objectives="\n".join(
            (
                "Know which stage fails most.",
                "Leave with a test set that two people can maintain.",
                "Decide on one change for the next month.",
            )
        ),
        level="practising",
        language="en",
        budget_minor=125_000,
        format="remote",
        city="",
        open=True,
        fits=("theo", "hugo", "daniel"),
    ),
    DemoRequest(
        lead="sophie",
        days_ago=11,
        title="Recenser nos outils d’IA sans lancer une chasse aux sorcières",
        problem="La conformité me demande un inventaire de tous les systèmes d’intelligence artificielle avant la fin du trimestre. Officiellement nous en avons huit. En réalité, les agences achètent des outils par carte bancaire et personne n’a envie de les déclarer. Un questionnaire de quarante questions a obtenu onze réponses sur deux cents. Je voudrais une méthode courte, qui ne braque pas les équipes, et un avis sur deux outils de tri de dossiers qui m’inquiètent.",
        objectives="\n".join(
            (
                "Une fiche d’une page par système.",
                "Un tri des deux outils les plus sensibles.",
                "Un message à envoyer aux agences.",
            )
        ),
        level="beginner",
        language="fr",
        budget_minor=100_000,
        format="remote",
        city="",
        open=True,
        fits=("oriane", "maud"),
    ),
    DemoRequest(
        lead="julien",
        days_ago=16,
        title="Mesurer les arrêts de trois presses des années quatre-vingt-dix",
        problem="Trois presses de 1993 font la moitié de notre production et nous ne savons pas quand elles s’arrêtent, surtout la nuit. Le fabricant de l’automate n’existe plus, la garantie de sécurité interdit d’y toucher, et un intégrateur nous propose un projet de deux ans. Les équipes craignent aussi d’être surveillées. Je cherche quelqu’un qui vienne dans l’atelier, regarde les machines et nous dise ce que l’on peut mesurer simplement, avec l’accord de ceux qui y travaillent.",
        objectives="\n".join(
            (
                "Choisir deux mesures par presse.",
                "Un budget et un essai d’une semaine.",
                "Des mots justes pour les équipes.",
            )
        ),
        level="beginner",
        language="fr",
        budget_minor=95_000,
        format="onsite",
        city="Strasbourg",
        open=True,
        fits=("bastien", "basile"),
    ),
    DemoRequest(
        lead="nadia",
        days_ago=40,
        title="Un tiers de nos chaussures reviennent",
        problem="Notre site vend bien, mais une commande sur trois revient, et jusqu’à une sur deux pour les bottines. Le transporteur augmente, l’entrepôt déborde le lundi, et la direction propose de faire payer les retours. Je crains que cela fasse fuir nos meilleures clientes. Nous avons des motifs de retour déclarés, mais tout le monde coche « taille » sans réfléchir. J’aimerais comprendre les vraies causes et choisir deux ou trois gestes à essayer avant les soldes.",
        objectives="\n".join(
            (
                "Comprendre cent retours.",
                "Choisir trois essais mesurables.",
                "Donner un avis argumenté sur les retours payants.",
            )
        ),
        level="practising",
        language="fr",
        budget_minor=90_000,
        format="remote",
        city="",
        open=False,
        fits=("anouk",),
    ),
    DemoRequest(
        lead="greta",
        days_ago=9,
        title="Separating the plant network without stopping the presses",
        problem="Our plant grew by acquisition, and the office network, the presses and the maintenance laptops now share one flat network. Insurers want segmentation by summer. Every attempt so far has ended with a shift leader unplugging something to get production back. We know the theory and own the equipment. What we lack is an order of steps, and the experience of someone who has done this in a running plant and survived the first night shift.",
        objectives="\n".join(
            (
                "Zones and conduits for one line.",
                "An undo for each step that a shift leader can perform.",
                "Arguments for our insurer.",
            )
        ),
        level="advanced",
        language="en",
        budget_minor=140_000,
        format="",
        city="",
        open=True,
        fits=("ingrid", "bastien"),
    ),
    DemoRequest(
        lead="paul",
        days_ago=13,
        title="Électrifier un dépôt avec une puissance limitée",
        problem="Nous devons passer quarante autocars à l’électrique dans un dépôt où le gestionnaire de réseau ne promet qu’un tiers de la puissance demandée avant 2029. Le bureau d’études prévoit une borne par véhicule et des départs supprimés le matin. Nos tournées en altitude inquiètent les conducteurs, qui ne croient pas les autonomies annoncées. Je voudrais reprendre le plan avec quelqu’un qui a fait rouler un vrai dépôt et qui sait ce qui se passe une nuit où rien ne charge.",
        objectives="\n".join(
            (
                "Nombre de bornes et ordre de charge.",
                "Une nuit de secours écrite.",
                "Des autonomies auxquelles les conducteurs croient.",
            )
        ),
        level="practising",
        language="fr",
        budget_minor=105_000,
        format="",
        city="",
        open=True,
        fits=("adele", "noe"),
    ),
    DemoRequest(
        lead="claire",
        days_ago=5,
        title="Organiser la stérilisation d’un bloc pour des instruments à usage unique recyclés",
        problem="Notre hôpital veut retraiter une partie des instruments de cœlioscopie aujourd’hui jetés après une intervention. La réglementation, la validation des cycles de stérilisation et la responsabilité du pharmacien changent complètement la chaîne. Nous avons trouvé des articles, aucun confrère qui l’ait vécu. Je cherche une personne ayant mis en place un circuit de retraitement, de la salle d’opération au contrôle bactériologique, pour nous dire ce qui a coincé et ce que nous sous-estimons.",
        objectives="\n".join(
            (
                "Le circuit complet, étape par étape.",
                "Les contrôles à prévoir et leur coût.",
                "Une décision : poursuivre ou non.",
            )
        ),
        level="advanced",
        language="fr",
        budget_minor=120_000,
        format="onsite",
        city="Brest",
        open=True,
        fits=(),
    ),
    DemoRequest(
        lead="aidan",
        days_ago=8,
        title="Negotiating fishing rights and cable routes for a tidal energy site",
        problem="We plan a tidal energy site off a coast where three fishing cooperatives work under customary rights. Our cable crosses their best ground for five months of the year. Lawyers have explained the permits, but nobody in our team has sat in a harbour hall and negotiated such a route. We would like to spend a session with somebody who has done so, on either side, before our first public meeting makes an enemy of everybody.",
        objectives="\n".join(
            (
                "Understand what cooperatives fear and value.",
                "Prepare the first meeting.",
                "Know which promises never to make.",
            )
        ),
        level="practising",
        language="en",
        budget_minor=150_000,
        format="remote",
        city="",
        open=True,
        fits=(),
    ),
    DemoRequest(
        lead="mei",
        days_ago=20,
        title="Making a driver-assistance pilot end with a decision",
        problem="Our transit agency has run four pilots with start-ups in three years. Each one ended with a friendly report and no decision, because nobody had agreed beforehand what success would trigger or who would pay. A fifth is proposed, on driver assistance in winter. Before signing I want to learn how to write a charter that leads to a yes or a no, and how to talk to the depot about it.",
        objectives="\n".join(
            (
                "A one-page charter.",
                "A named budget for the day after.",
                "A first message for the depot.",
            )
        ),
        level="beginner",
        language="en",
        budget_minor=100_000,
        format="remote",
        city="",
        open=False,
        fits=("gabriel", "owen"),
    ),
)
