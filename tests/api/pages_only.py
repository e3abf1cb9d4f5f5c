"""What pages do and the API does too, and what stays with the pages on purpose.

A new action of a page needs a line here: the operation that does the same, or why no program may do it. The reasons
are told in docs/decisions/0010-what-stays-with-the-pages.md.
"""

from typing import Final

PERSON: Final = "who a person is and which browser or program acts for them is decided at a page, with a password"
DESK: Final = "an administrator moves money or locks people out only signed in, with what the page shows before"
STRIPE: Final = "Stripe asks the person themselves, and sends their browser back to a page"
LETTER: Final = "a link in a letter, for whoever holds the letter"
DEMO: Final = "a door of the demo"
PORTAL: Final = "Stripe's own door, which checks its signature"

# (method, rule of the page) -> the operations of the API that do it, or the reason why there is none.
ACTIONS: Final[dict[tuple[str, str], tuple[str, ...] | str]] = {
    # accounts
    ("POST", "/account/password"): PERSON,
    ("POST", "/account/preferences"): PERSON,
    ("POST", "/account/sessions/<int:session_id>/ending"): PERSON,
    ("POST", "/account/sessions/others/ending"): PERSON,
    ("POST", "/account/tokens/<int:token_id>/revocation"): PERSON,
    ("POST", "/account/tokens/new"): PERSON,
    ("POST", "/language"): PERSON,
    ("POST", "/password/forgotten"): PERSON,
    ("POST", "/password/reset/<token>"): LETTER,
    ("POST", "/register/expert"): PERSON,
    ("POST", "/register/lead"): PERSON,
    ("POST", "/sign-in"): PERSON,
    ("POST", "/sign-out"): PERSON,
    ("POST", "/verification"): PERSON,
    ("POST", "/verification/<token>"): LETTER,
    # programs that hear of events
    ("POST", "/account/webhooks/new"): ("POST /me/webhooks",),
    ("POST", "/account/webhooks/<int:webhook_id>/deletion"): ("DELETE /me/webhooks/<int:webhook_id>",),
    ("POST", "/account/webhooks/<int:webhook_id>/enabling"): ("POST /me/webhooks/<int:webhook_id>/enabling",),
    ("POST", "/account/webhooks/<int:webhook_id>/secret"): ("POST /me/webhooks/<int:webhook_id>/secret",),
    ("POST", "/account/webhooks/<int:webhook_id>/test"): ("POST /me/webhooks/<int:webhook_id>/test",),
    ("POST", "/account/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/replay"): (
        "POST /me/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/replay",
    ),
    # the admins' desk
    ("POST", "/admin/queue/<string:kind>/<int:item_id>/claim"): (
        "POST /moderation/offerings/<int:offering_id>/claim",
        "POST /moderation/experts/<int:expert_id>/claim",
    ),
    ("POST", "/admin/queue/<string:kind>/<int:item_id>/release"): (
        "POST /moderation/offerings/<int:offering_id>/release",
        "POST /moderation/experts/<int:expert_id>/release",
    ),
    ("POST", "/admin/queue/<string:kind>/<int:item_id>/verdict"): (
        "POST /moderation/offerings/<int:offering_id>/verdict",
        "POST /moderation/experts/<int:expert_id>/verdict",
    ),
    ("POST", "/admin/alerts/<int:alert_id>/settlement"): DESK,
    ("POST", "/admin/bookings/<int:booking_id>/disputes/<dispute_id>/settlement"): DESK,
    ("POST", "/admin/bookings/<int:booking_id>/refund"): DESK,
    ("POST", "/admin/bookings/<int:booking_id>/refund/repetition"): DESK,
    ("POST", "/admin/bookings/<int:booking_id>/verdict"): DESK,
    ("POST", "/admin/books"): DESK,
    ("POST", "/admin/notices/<notice_id>/retry"): DESK,
    ("POST", "/admin/operations/<int:operation_id>/retry"): DESK,
    ("POST", "/admin/people/<int:account_id>/return"): DESK,
    ("POST", "/admin/people/<int:account_id>/suspension"): DESK,
    ("POST", "/admin/stripe-lines/<line_id>"): DESK,
    # sessions
    ("POST", "/offerings/<int:offering_id>/booking"): ("POST /bookings",),
    ("POST", "/bookings/<int:booking_id>/absence"): ("POST /bookings/<int:booking_id>/absence",),
    ("POST", "/bookings/<int:booking_id>/absence/answer"): ("POST /bookings/<int:booking_id>/absence/answer",),
    ("POST", "/bookings/<int:booking_id>/absence/retraction"): ("POST /bookings/<int:booking_id>/absence/retraction",),
    ("POST", "/bookings/<int:booking_id>/acceptance"): ("POST /bookings/<int:booking_id>/acceptance",),
    ("POST", "/bookings/<int:booking_id>/cancellation"): ("POST /bookings/<int:booking_id>/cancellation",),
    ("POST", "/bookings/<int:booking_id>/note"): ("PUT /bookings/<int:booking_id>/note",),
    ("POST", "/bookings/<int:booking_id>/payment"): ("POST /bookings/<int:booking_id>/payment",),
    ("POST", "/bookings/<int:booking_id>/problem"): ("POST /bookings/<int:booking_id>/problem",),
    ("POST", "/bookings/<int:booking_id>/problem/answer"): ("POST /bookings/<int:booking_id>/problem/answer",),
    ("POST", "/bookings/<int:booking_id>/proposal"): ("POST /bookings/<int:booking_id>/proposals",),
    ("POST", "/bookings/<int:booking_id>/proposals/<int:proposal_id>/acceptance"): (
        "POST /bookings/<int:booking_id>/proposals/<int:proposal_id>/acceptance",
    ),
    ("POST", "/bookings/<int:booking_id>/proposals/<int:proposal_id>/refusal"): (
        "POST /bookings/<int:booking_id>/proposals/<int:proposal_id>/refusal",
    ),
    ("POST", "/bookings/<int:booking_id>/proposals/<int:proposal_id>/withdrawal"): (
        "POST /bookings/<int:booking_id>/proposals/<int:proposal_id>/withdrawal",
    ),
    ("POST", "/bookings/<int:booking_id>/rating"): ("POST /bookings/<int:booking_id>/rating",),
    ("POST", "/bookings/<int:booking_id>/refusal"): ("POST /bookings/<int:booking_id>/refusal",),
    ("POST", "/bookings/<int:booking_id>/release"): ("POST /bookings/<int:booking_id>/release",),
    ("POST", "/bookings/<int:booking_id>/time"): ("POST /bookings/<int:booking_id>/reschedule",),
    ("POST", "/bookings/<int:booking_id>/withdrawal"): ("POST /bookings/<int:booking_id>/withdrawal",),
    ("POST", "/ratings/<int:rating_id>/reply"): ("POST /ratings/<int:rating_id>/reply",),
    ("POST", "/calendar/renewal"): ("POST /me/feed/renewal",),
    ("POST", "/calendar/removal"): ("DELETE /me/feed",),
    # experts
    ("POST", "/expert/application"): ("POST /me/application",),
    ("POST", "/expert/profile"): ("PUT /me/profile",),
    ("POST", "/expert/availability/calendar"): ("POST /me/calendar",),
    ("POST", "/expert/availability/calendar/reading"): ("POST /me/calendar/reading",),
    ("POST", "/expert/availability/calendar/removal"): ("DELETE /me/calendar",),
    ("POST", "/expert/availability/dates"): ("POST /me/exceptions",),
    ("POST", "/expert/availability/dates/<day>/removal"): ("DELETE /me/exceptions/<string:day>",),
    ("POST", "/expert/availability/rules"): ("PUT /me/availability",),
    ("POST", "/expert/availability/week"): ("PUT /me/availability",),
    ("POST", "/expert/offerings/new"): ("POST /offerings",),
    ("POST", "/expert/offerings/<int:offering_id>"): ("PATCH /offerings/<int:offering_id>",),
    ("POST", "/expert/offerings/<int:offering_id>/deletion"): ("POST /offerings/<int:offering_id>/deletion",),
    ("POST", "/expert/offerings/<int:offering_id>/pause"): ("POST /offerings/<int:offering_id>/pause",),
    ("POST", "/expert/offerings/<int:offering_id>/recall"): ("POST /offerings/<int:offering_id>/recall",),
    ("POST", "/expert/offerings/<int:offering_id>/resumption"): ("POST /offerings/<int:offering_id>/resumption",),
    ("POST", "/expert/offerings/<int:offering_id>/submission"): ("POST /offerings/<int:offering_id>/submission",),
    ("POST", "/expert/offerings/<int:offering_id>/withdrawal"): ("POST /offerings/<int:offering_id>/withdrawal",),
    ("POST", "/expert/payouts"): STRIPE,
    ("POST", "/expert/payouts/dashboard"): STRIPE,
    # requests
    ("POST", "/requests/new"): ("POST /requests",),
    ("POST", "/requests/<int:brief_id>/closing"): ("POST /requests/<int:request_id>/closing",),
    ("POST", "/requests/<int:brief_id>/invitations"): ("POST /requests/<int:request_id>/invitations",),
    ("POST", "/expert/requests/<int:brief_id>/proposals"): ("POST /requests/<int:request_id>/proposals",),
    ("POST", "/invitations/<int:invitation_id>/answer"): ("POST /invitations/<int:invitation_id>/answer",),
    # saved searches
    ("POST", "/searches"): ("POST /me/searches",),
    ("POST", "/searches/<int:saved_id>/alerts"): ("POST /me/searches/<int:search_id>/alerts",),
    ("POST", "/searches/<int:saved_id>/deletion"): ("DELETE /me/searches/<int:search_id>",),
    ("POST", "/searches/stop/<token>"): LETTER,
    # others' doors
    ("POST", "/demo/clock"): DEMO,
    ("POST", "/notices/stripe/<string:endpoint>"): PORTAL,
}
