"""What the people of the story write. `{project}` is a made-up name, another one in every run."""

from collections.abc import Mapping, Sequence

OFFERING = {
    "language": "en",
    "title": "Replace the ticketing platform {project} line by line",
    "outcome": (
        "You leave with the order in which the lines of {project} move, the two numbers that tell you when to stop, "
        "and a rollback that your duty officer can start alone at five in the morning."
    ),
    "experience": (
        "I moved the ticketing of a regional railway to {project} while nine hundred machines kept selling. The first "
        "line went wrong on a market day: the machines fell back to paper and nobody had printed any. Since then I "
        "move one line a week, with a person at the busiest stop and a rehearsal the evening before."
    ),
    "length_minutes": "180",
    "price": "900",
    "format": "remote",
    "question_1": "How many machines sell tickets today, and which are the oldest?",
    "question_2": "Who may stop a line when something goes wrong?",
}
PROFILE = {
    "headline": "Moved the ticketing of a regional railway, line by line",
    "bio": (
        "Twelve years in railway operations, six of them replacing ticketing while passengers kept travelling. I like "
        "small steps, rehearsals on quiet evenings and plans that fit on one page."
    ),
    "languages": ["en", "fr"],
    "city": "Lille",
    "vat_scheme": "franchise",
}
APPLICATION = {
    "motivation": (
        "Three project leads asked me the same questions about their ticketing this year. A prepared afternoon with "
        "each of them helped more than all our slides."
    ),
    "references": "The operations director of a regional railway, who called me back for the second network.",
    "teaching": (
        "One hour on the present lines and their risks, an hour and a half on the order of the move with the lead's "
        "own figures, half an hour to write down the first rehearsal."
    ),
}
HOURS = {f"{edge}_{day}_0": time for day in range(7) for edge, time in (("opens", "08:00"), ("closes", "20:00"))}
NOTICE_HOURS = "24"
REQUEST = {
    "title": "Replace our ticketing platform {project} without closing a line",
    "problem": (
        "We replace the ticketing platform {project} on eleven lines next spring. The supplier proposes one big "
        "weekend; our operations fear a Monday without tickets. I look for somebody who has moved to {project} line "
        "by line, knows what breaks first and can tell us when to stop."
    ),
    "objectives": "An order of lines, two stop numbers, and a rollback that works at five in the morning.",
    "level": "practising",
    "language": "en",
    "format": "remote",
    "budget": "1200",
    "participants": "3",
}
OBJECTIVE = "Decide which line moves first, and what makes us stop."
ANSWER = "About nine hundred, the oldest from 2009; the duty officer may stop a line."
BY_LEAD = {
    "overall": "5",
    "depth": "5",
    "clarity": "5",
    "preparation": "5",
    "usefulness": "5",
    "punctuality": "5",
    "comment": "We move one line a week now. The plan for {project} fits on one page, as promised.",
    "private_note": "The story of the market day convinced our director.",
    "recommend": "yes",
}
BY_EXPERT = {
    "overall": "5",
    "brief_quality": "5",
    "respect": "5",
    "punctuality": "5",
    "openness": "5",
    "comment": "All figures of {project} were on the table, also the embarrassing ones.",
    "private_note": "Send me a line after the first rehearsal.",
    "recommend": "yes",
}
PRICE_MINOR = 90_000  # of OFFERING; no VAT under the franchise en base


def told(words: Mapping[str, str | Sequence[str]], project: str) -> dict[str, str | Sequence[str]]:
    """The words with the project's name in them."""
    return {name: value.format(project=project) if isinstance(value, str) else value for name, value in words.items()}
