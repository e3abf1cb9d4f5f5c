"""What a refusal says in words, by its code, and the next possible step: for pages and the API alike.

The words stand here in English and are translated where they are said: `_l` only marks them for the catalogue.
"""

from dataclasses import dataclass

from marketplace.domain.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unavailable,
)
from marketplace.wording import Translator

STATUS: dict[type[DomainError], int] = {
    NotFound: 404,
    Forbidden: 403,
    Conflict: 409,
    Invalid: 422,
    TooMany: 429,
    Unavailable: 503,
}


def _l(words: str) -> str:
    """Marks words for the catalogue."""
    return words


def status_of(error: DomainError) -> int:
    """The HTTP status of a domain error, by its kind."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def sentence_of(error: DomainError, language: str) -> str:
    """The words for a domain error in a language; those of its kind when it has none of its own."""
    say = Translator(language).gettext
    words = SENTENCES.get(error.code)
    try:
        return _filled(say(words.sentence), error.facts) if words else say(GENERAL[status_of(error)])
    except KeyError:  # the sentence wants to say more than the error knows
        return say(GENERAL[status_of(error)])


def _filled(sentence: str, facts: dict[str, object]) -> str:
    return sentence % facts if "%(" in sentence else sentence


@dataclass(frozen=True, slots=True)
class Words:
    """What a refusal says, and the next possible step: a path of ours and its label."""

    sentence: str
    next_path: str | None = None
    next_label: str | None = None


# The sentence for every code, one block per noun. A code without a row gets its status's sentence.
SENTENCES: dict[str, Words] = {
    # accounts
    "not_verified": Words(
        _l("Please confirm your e-mail address first: the link is in the message that we sent you."),
        "/verification",
        _l("Send the message again"),
    ),
    "link_dead": Words(
        _l("This link has been used already or is too old. Ask for a new one."),
        "/sign-in",
        _l("Sign in"),
    ),
    "not_your_role": Words(_l("This page is not for your kind of account."), "/", _l("To the home page")),
    "wrong_credentials": Words(
        _l("The address and the password do not go together. Check both, or choose a new password.")
    ),
    "old_password_wrong": Words(_l("This is not your present password.")),
    "password_short": Words(_l("Use at least %(shortest)s characters.")),
    "password_long": Words(_l("Use at most %(longest)s characters.")),
    "password_guessable": Words(
        _l("This password is easy to guess. Choose a longer one, such as several words that do not belong together.")
    ),
    "zone_unknown": Words(_l("Choose a time zone from the list.")),
    "language_unknown": Words(_l("Choose French or English.")),
    "no_such_session": Words(_l("That browser is signed out already."), "/account", _l("Back to my account")),
    "too_many_attempts": Words(
        _l("There were too many attempts. Please wait a few minutes, or choose a new password."),
        "/password/forgotten",
        _l("Choose a new password"),
    ),
    # offerings, experts and their moderation
    "offering_unknown": Words(_l("This offering does not exist or is not on the market any more.")),
    "expert_unknown": Words(_l("This expert does not exist or does not offer sessions any more.")),
    "apply_first": Words(
        _l("Before your first publication, tell us who you are: we read every application within two working days."),
        "/expert/application",
        _l("Apply now"),
    ),
    "profile_first": Words(
        _l("Please complete your profile before you apply: admins read both."),
        "/expert/profile",
        _l("Complete my profile"),
    ),
    "take_back_first": Words(
        _l("This text is in review. Take it back before you change it."),
        "/expert/offerings",
        _l("To my offerings"),
    ),
    "no_draft_to_delete": Words(
        _l("Only a draft can be deleted. Withdraw the offering instead."),
        "/expert/offerings",
        _l("To my offerings"),
    ),
    "languages_missing": Words(_l("Choose at least one language.")),
    "title_length": Words(_l("Between 10 and 100 characters.")),
    "headline_length": Words(_l("Between 10 and 100 characters.")),
    "outcome_length": Words(_l("Between 40 and 1,500 characters.")),
    "bio_length": Words(_l("Between 80 and 2,000 characters.")),
    "experience_length": Words(_l("Between 80 and 3,000 characters.")),
    "motivation_length": Words(_l("Between 80 and 3,000 characters.")),
    "references_length": Words(_l("Between 40 and 3,000 characters.")),
    "teaching_length": Words(_l("Between 80 and 3,000 characters.")),
    "topics_count": Words(_l("Choose one to three topics.")),
    "topic_unknown": Words(_l("This topic does not exist any more. Choose another one.")),
    "length_unknown": Words(_l("Choose one of the lengths.")),
    "price_range": Words(_l("The price must be between 100 and 5,000 euros.")),
    "format_unknown": Words(_l("Choose a format.")),
    "city_missing": Words(_l("Say in which city you meet on site.")),
    "city_length": Words(_l("At most 80 characters.")),
    "questions_count": Words(_l("At most three questions.")),
    "question_length": Words(_l("At most 200 characters.")),
    "vat_scheme_unknown": Words(_l("Choose how you stand towards VAT.")),
    "reason_missing": Words(_l("Choose a reason: the expert reads it.")),
    "note_missing": Words(_l("Give the other reason in your own words.")),
    "note_length": Words(_l("At most 2,000 characters.")),
    "item_unknown": Words(_l("There is no such item in the queue."), "/admin/queue", _l("To the queue")),
    "account_unknown": Words(_l("There is no such account."), "/admin/people", _l("To the people")),
    "not_yourself": Words(_l("You cannot suspend yourself."), "/admin/people", _l("To the people")),
    "already_suspended": Words(_l("This account is suspended already."), "/admin/people", _l("To the people")),
    "not_suspended": Words(_l("This account is not suspended."), "/admin/people", _l("To the people")),
    "suspension_reason_length": Words(_l("Between 5 and 400 characters.")),
    # bookings
    "answer_too_late": Words(
        _l("The deadline for an answer has passed, so the request lapsed."), "/bookings", _l("To my sessions")
    ),
    "refund_changed": Words(
        _l("What comes back changed while you were reading. Look at the amount again before you cancel."),
        "/bookings",
        _l("To my sessions"),
    ),
    "price_changed": Words(
        _l(
            "The price changed while you were writing. Nothing was charged: look at the amount again before you go on "
            "to the payment."
        ),
        "/bookings",
        _l("To my sessions"),
    ),
    "too_many_holds": Words(
        _l("%(most)s slots are waiting for your payment already. Pay for one of them or let it go first."),
        "/bookings",
        _l("To my sessions"),
    ),
    "slot_past": Words(_l("This slot has begun already. Choose a later one.")),
    "slot_taken": Words(_l("Somebody was faster: this slot has just been taken. Choose another one.")),
    "slot_not_offered": Words(_l("The expert does not offer this slot any more. Choose another one.")),
    "stripe_unavailable": Words(
        _l("The payment page does not answer right now. Nothing was charged; please try again in a minute.")
    ),
    "payouts_refused": Words(
        _l("Stripe could not open an account for you. We have been told and will write to you."),
        "/expert/earnings",
        _l("To my earnings"),
    ),
    "alert_settled": Words(_l("Another admin settled this alert already."), "/admin/health", _l("To the health page")),
    "problem_missing": Words(_l("Please say what went wrong, in a few sentences.")),
    "problem_answered": Words(_l("You have answered already. We read what both sides say and decide.")),
    "problem_settled": Words(_l("Nothing waits for an answer of yours here: no problem is open, or it is decided.")),
    "problem_too_late": Words(
        _l(
            "A problem can be reported from the end of a session until 72 hours after it, as long as its money has not "
            "been released. Write to us if something is wrong all the same."
        ),
        "/bookings",
        _l("To my sessions"),
    ),
    "nothing_to_decide": Words(_l("No case of this booking waits for a verdict."), "/admin/cases", _l("To the cases")),
    "nothing_to_refund": Words(
        _l(
            "Nothing can go back here: either nothing is left of the price, or the booking stands where no refund fits."
        ),
        "/admin/bookings",
        _l("To the bookings"),
    ),
    "refund_too_large": Words(_l("This is more than what is left of the price.")),
    "absent_unknown": Words(_l("Choose who did not come, or that both came.")),
    "cancel_instead": Words(
        _l("Giving everything back before the session is a cancellation: cancel the session instead."),
        "/admin/bookings",
        _l("To the bookings"),
    ),
    "transfer_under_way": Words(
        _l("The expert’s share is being sent just now. Try again in a minute."),
        "/admin/bookings",
        _l("To the bookings"),
    ),
    "operation_under_way": Words(
        _l("A refund of this booking is under way already."), "/admin/bookings", _l("To the bookings")
    ),
    "nothing_to_repeat": Words(
        _l("No refund of this booking came back, or it was made again already."),
        "/admin/bookings",
        _l("To the bookings"),
    ),
    "dispute_open": Words(_l("The bank has not decided yet."), "/admin/bookings", _l("To the bookings")),
    "dispute_not_found": Words(_l("There is no such dispute."), "/admin/bookings", _l("To the bookings")),
    "nothing_owed": Words(_l("The expert owes nothing from this dispute."), "/admin/bookings", _l("To the bookings")),
    "operation_busy": Words(
        _l("Somebody is calling Stripe with this just now. Look again in a minute."),
        "/admin/health",
        _l("To the health page"),
    ),
    "operation_over": Words(
        _l("There is nothing to try again: this call is done, or a later one took its place."),
        "/admin/health",
        _l("To the health page"),
    ),
    "line_known": Words(_l("This movement is in our books already."), "/admin/health", _l("To the health page")),
    "line_not_found": Words(_l("Stripe’s book has no such movement."), "/admin/health", _l("To the health page")),
    "notice_not_parked": Words(_l("This notice is not parked any more."), "/admin/health", _l("To the health page")),
    "payouts_not_started": Words(_l("Set up your payouts first."), "/expert/earnings", _l("To my earnings")),
    # somebody did not come
    "no_show_too_early": Words(_l("Please wait until %(minutes)s minutes after the start: people do come late.")),
    "no_show_too_late": Words(
        _l("An absence can be reported until 72 hours after the end of the session."),
        "/bookings",
        _l("To my sessions"),
    ),
    "contest_too_late": Words(
        _l("The 72 hours in which this could be contested are over."), "/bookings", _l("To my sessions")
    ),
    "words_missing": Words(_l("Please say in a sentence what happened.")),
    "words_too_long": Words(_l("Please stay below %(most)s characters.")),
    # the note that both sides share
    "note_changed": Words(
        _l(
            "While you were writing, the note was saved elsewhere. Nothing is lost: below stand what is saved now and "
            "your own text. Put together what both of you need, and save again."
        ),
        "/bookings",
        _l("To my sessions"),
    ),
    "note_closed": Words(
        _l("The shared note can be written from the moment a session is confirmed until the time for ratings is over."),
        "/bookings",
        _l("To my sessions"),
    ),
    # moving a session in time
    "booking_not_movable": Words(_l("This session cannot be moved any more."), "/bookings", _l("To my sessions")),
    "moves_used": Words(
        _l("This session has been moved %(most)s times already, and that is as often as it can be."),
        "/bookings",
        _l("To my sessions"),
    ),
    "move_too_late": Words(
        _l(
            "A confirmed session can be moved until %(hours)s hours before it starts. After that it can only be "
            "cancelled."
        ),
        "/bookings",
        _l("To my sessions"),
    ),
    "authorisation_too_short": Words(
        _l(
            "The hold on the card ends too soon for this time: the expert could not answer before. Nothing was "
            "changed. Take the request back and book the new time instead."
        ),
        "/bookings",
        _l("To my sessions"),
    ),
    "times_count": Words(_l("Choose one to %(most)s times, each only once.")),
    "times_off_quarter": Words(_l("Sessions start on a full quarter-hour: :00, :15, :30 or :45.")),
    "note_too_long": Words(_l("Please stay below %(most)s characters.")),
    "slot_unreadable": Words(_l("Choose one of the slots.")),
    "proposal_over": Words(
        _l("These times are no longer proposed: they were answered, taken back or have run out."),
        "/bookings",
        _l("To my sessions"),
    ),
    "proposal_not_found": Words(_l("This proposal does not exist, or is not yours to answer.")),
    "feed_not_found": Words(_l("This calendar address does not exist, or has been renewed.")),
    # calendars elsewhere
    "busy_source": Words(_l("There is no other calendar."), "/expert/availability", _l("To my calendar")),
    "calendar_address": Words(
        _l("This is no address of a calendar. It begins with https:// or webcal:// and has no password.")
    ),
    "calendar_read_lately": Words(
        _l("Your calendar was read a moment ago. Please wait a minute."), "/expert/availability", _l("To my calendar")
    ),
    # requests
    "brief_unknown": Words(
        _l("This request does not exist, or is not open to you."), "/dashboard", _l("To my dashboard")
    ),
    "saved_search_unknown": Words(
        _l("This saved search does not exist any more, or the link is not whole."), "/search", _l("Search")
    ),
    "too_many_saved": Words(
        _l("You have %(most)s saved searches, which is the most. Delete one first."), "/searches", _l("Saved searches")
    ),
    "invitation_unknown": Words(
        _l("This does not exist, or is not yours to answer."), "/dashboard", _l("To my dashboard")
    ),
    "brief_closed": Words(
        _l("This request is not open any more. Its matches and answers can still be read."),
        "/dashboard",
        _l("To my dashboard"),
    ),
    "already_invited": Words(
        _l("You have invited this expert already. The answer appears beside your request."),
        "/requests",
        _l("To my requests"),
    ),
    "already_proposed": Words(
        _l("You have proposed yourself already. The lead’s answer appears in your requests."),
        "/expert/requests",
        _l("To my requests"),
    ),
    "too_many_invited": Words(
        _l("You have invited %(most)s experts, as many as one request allows. Wait for their answers, or book one."),
        "/requests",
        _l("To my requests"),
    ),
    "invitation_answered": Words(
        _l("This has been answered already, or the time for an answer is over."),
        "/dashboard",
        _l("To my dashboard"),
    ),
    "text_too_long": Words(_l("This text is too long.")),
    # ratings
    "rating_unknown": Words(
        _l("This rating does not exist, or is not yours to answer."), "/standing", _l("To my standing")
    ),
    "rating_too_early": Words(_l("You can rate once the session has been held."), "/bookings", _l("To my sessions")),
    "rating_closed": Words(
        _l("The time for rating this session is over, or its ratings are open already."),
        "/bookings",
        _l("To my sessions"),
    ),
    "rating_not_held": Words(
        _l("This session did not take place, so there is nothing to rate."), "/bookings", _l("To my sessions")
    ),
    "already_rated": Words(
        _l("You have rated this session already. A rating stays as it was given."), "/bookings", _l("To my sessions")
    ),
    "already_replied": Words(
        _l("You have replied to this rating already. One reply is all there is."), "/standing", _l("To my standing")
    ),
    "reply_length": Words(_l("Write between 1 and 1,000 characters.")),
    "rating_incomplete": Words(_l("Answer every question with 1 to 5 stars.")),
    "rating_out_of_range": Words(_l("Choose from 1 to 5 stars.")),
    # access tokens
    "token_gone": Words(_l("This token is revoked already."), "/account", _l("Back to my account")),
    "token_name": Words(_l("Write between 1 and %(most)s characters.")),
    "token_days": Words(_l("Choose between 1 and %(most)s days.")),
    "too_many_tokens": Words(_l("You have %(most)s tokens already. Revoke one that you no longer need.")),
    "scopes_missing": Words(_l("Choose at least one.")),
    "scope_unknown": Words(_l("There is no such scope.")),
    "scope_not_yours": Words(_l("Your kind of account cannot give this scope to a token.")),
    # webhooks
    "webhook_address": Words(
        _l("Give an address that begins with https:// and leads to the open Internet, without a password in it.")
    ),
    "webhook_events_missing": Words(_l("Choose at least one.")),
    "webhook_event_unknown": Words(_l("There is no such event.")),
    "webhook_unknown": Words(_l("There is no such webhook, or it is not yours.")),
    "webhook_enabled": Words(_l("This webhook is working already.")),
    "webhook_disabled": Words(_l("This webhook is switched off. Switch it on before you send anything again.")),
    "too_many_deliveries": Words(_l("%(most)s messages wait for this webhook already. Wait until they are sent.")),
    "delivery_unknown": Words(_l("There is no such delivery.")),
    "too_many_webhooks": Words(_l("You have %(most)s webhooks already. Remove one that you no longer need.")),
    # what pages say beside their own forms
    "booking_not_found": Words(_l("This session does not exist, or is not yours.")),
    "brief": Words(_l("This request does not exist, or is not open to you.")),
    "brief_not_found": Words(_l("This request does not exist, or is not open to you.")),
    "offering": Words(_l("This offering does not exist, or is not on the market any more.")),
    "offering_not_found": Words(_l("This offering does not exist, or is not on the market any more.")),
    "expert": Words(_l("This expert does not exist.")),
    "expert_not_found": Words(_l("This expert does not exist.")),
    "date_exception": Words(_l("This day has no hours of its own.")),
    "date_past": Words(_l("This day is over.")),
    "hours_inverted": Words(_l("Hours must end after they begin.")),
    "hours_off_day": Words(_l("Hours lie between 00:00 and 24:00.")),
    "hours_off_quarter": Words(_l("Use full quarter-hours: :00, :15, :30 or :45.")),
    "hours_overlap": Words(_l("These hours overlap with others of the same day.")),
    "hours_too_many": Words(_l("These are more hours than a day has room for. Join some of them.")),
    "not_a_quarter": Words(_l("Use full quarter-hours: :00, :15, :30 or :45.")),
    "number_out_of_range": Words(_l("This number is outside what is possible here.")),
    "week_incomplete": Words(_l("A week has seven days.")),
    "brief_title": Words(_l("Give it a title that is not too long.")),
    "brief_problem": Words(_l("Say what the problem is, in a few sentences at least and not too many.")),
    "brief_choice": Words(_l("Choose one of what is offered.")),
    "brief_participants": Words(_l("This is not a number of people that a session has room for.")),
    "brief_budget": Words(_l("This is not a possible budget.")),
    "brief_latest_past": Words(_l("This day is over. Choose a later one, or leave it empty.")),
    "brief_days_crossed": Words(_l("The last day must not come before the first.")),
    "format_not_offered": Words(_l("The offering is not held in this format.")),
    "objective_missing": Words(_l("Say what you want to achieve.")),
    "too_many_answers": Words(_l("These are more answers than there are questions.")),
    "po_number_too_long": Words(_l("This order number is too long.")),
    "text_changed": Words(_l("The text was changed meanwhile. Read it again before you change it.")),
    "expert_not_vetted": Words(_l("The expert's own application comes first.")),
    "item_changed": Words(_l("The item was changed meanwhile. Read it again before you decide.")),
    "item_decided": Words(_l("Another admin was faster: this is decided.")),
    "item_taken": Words(_l("Another admin has taken this, for twenty minutes at most.")),
    "item_taken_back": Words(_l("The expert took it back: it is a draft again.")),
    "move_not_possible": Words(_l("This is not possible where things stand now.")),
    "not_your_move": Words(_l("This is up to somebody else.")),
    # what only programs meet
    "token_missing": Words(_l("This needs an access token: Authorization: Bearer, and the token behind it.")),
    "token_unknown": Words(
        _l("This token does not work: it is unknown, too old, revoked, or its account is suspended.")
    ),
    "scope_missing": Words(_l("The token lacks the scope %(scope)s. Make one that has it.")),
    "too_many_requests": Words(_l("Too many requests in this minute. Wait %(wait_seconds)s seconds.")),
    "not_found": Words(_l("There is nothing at this address.")),
    "method_unknown": Words(_l("This address does not take this method. Allowed: %(allow)s.")),
    "request_unreadable": Words(_l("The request cannot be read.")),
    "json_broken": Words(_l("The body is not JSON that can be read.")),
    "not_json": Words(_l("Send the body as application/json.")),
    "body_too_large": Words(_l("The body is larger than anything that is needed here.")),
    "misshapen": Words(_l("Several fields are not as described. Each is named under errors.")),
    "field_unknown": Words(_l("There is no field %(field)s here.")),
    "field_missing": Words(_l("The field %(field)s is missing.")),
    "type_wrong": Words(_l("The field %(field)s is not of the kind that is described.")),
    "too_short": Words(_l("At least %(least)s characters.")),
    "too_long": Words(_l("At most %(most)s characters.")),
    "too_few": Words(_l("At least %(least)s.")),
    "too_many": Words(_l("At most %(most)s.")),
    "too_small": Words(_l("%(least)s is the smallest.")),
    "too_large": Words(_l("%(most)s is the largest.")),
    "not_offered": Words(_l("The field %(field)s does not know this value.")),
    "characters_unfit": Words(_l("The field %(field)s holds characters that cannot be stored.")),
    "cursor_unreadable": Words(_l("This cursor is none of ours. Begin the list anew, without it.")),
    "moment_past": Words(_l("This moment has passed.")),
    "slots_span": Words(_l("From must come before to, and at most %(most)s days before.")),
    "if_match_missing": Words(_l("Say which version you change: If-Match, and the ETag that you read.")),
    "version_stale": Words(_l("This was changed since you read it. Read it again before you change it.")),
    "idempotency_key_unreadable": Words(_l("An Idempotency-Key has 1 to %(most)s visible ASCII characters.")),
    "idempotency_key_reused": Words(_l("This Idempotency-Key belongs to another request. Use a new one.")),
    "idempotency_in_progress": Words(_l("The first request with this key is still being answered. Try again.")),
    "idempotency_outcome_unknown": Words(
        _l("The first request with this key was interrupted. Look what became of it, then go on with a new key.")
    ),
    "unforeseen": Words(_l("We have noted it and will look into it. Nothing was done twice. Please try again.")),
    "unavailable": Words(_l("This usually takes less than a minute. Nothing was lost; please try again shortly.")),
    # the demo's doors
    "span": Words(_l("Say how far, for example 3d or 2h30m."), "/mailbox", _l("To the mailbox")),
    "letter_unknown": Words(_l("There is no such letter."), "/mailbox", _l("To the mailbox")),
}

TITLES: dict[int, str] = {
    400: _l("We could not read that"),
    401: _l("We do not know who asks"),
    403: _l("This is not open to you"),
    404: _l("We cannot find this page"),
    405: _l("This does not work here"),
    409: _l("This is not possible any more"),
    412: _l("This was changed meanwhile"),
    413: _l("That is too much at once"),
    415: _l("We do not read this kind of body"),
    422: _l("Something is not right yet"),
    428: _l("The version is missing"),
    429: _l("Too many attempts"),
    500: _l("Something went wrong on our side"),
    503: _l("We cannot answer right now"),
}

GENERAL: dict[int, str] = {
    400: _l("The page was open for too long or was sent incompletely. Go back, load it again and send it once more."),
    401: _l("Sign in, or send an access token that works."),
    403: _l("Your account may not do this."),
    404: _l("It may have been moved or withdrawn, or the address has a typing error."),
    405: _l("This address does not take this kind of request. Go back and use the buttons on the page."),
    409: _l("Somebody was faster, or things have changed since the page was loaded. Load it again to see where it is."),
    412: _l("Read it again before you change it."),
    413: _l("What you sent is larger than one megabyte. Shorten it and try again."),
    415: _l("Send the body as application/json."),
    422: _l("Go back, check your answers and send them again."),
    428: _l("Say which version you change: If-Match, and the ETag that you read."),
    429: _l("Please wait a few minutes and try again."),
    500: _l("We have noted it and will look into it. Nothing was done twice. Please try again."),
    503: _l("This usually takes less than a minute. Nothing was lost; please try again shortly."),
}

# What programs can be told of, by the names that they know (domain/webhooks.py).
EVENTS = {
    "offering.decided": _l("an admin has decided on an offering"),
    "request.matched": _l("an offering fits a request"),
    "invitation.received": _l("an invitation has come"),
    "proposal.received": _l("an expert proposes for a request"),
    "invitation.answered": _l("an invitation or a proposal is answered"),
    "booking.requested": _l("a session is requested, its payment authorised"),
    "booking.confirmed": _l("a session is confirmed"),
    "booking.ended": _l("a session is off: cancelled, declined or run out"),
    "booking.held": _l("a session was held"),
    "ratings.revealed": _l("the ratings of a session are open"),
    "money.released": _l("money is on its way to you"),
    "webhook.test": _l("a test"),
}
