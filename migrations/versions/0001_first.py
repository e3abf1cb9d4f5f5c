"""first."""

import sqlalchemy as sa
from alembic import op

from marketplace.store.base import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

GUARDED = ("journal", "ledger_entry", "posting")  # append-only: the database itself refuses changes


def _guard(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuse BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
    )


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("code", "subject", name=op.f("uq_alert_code_subject")),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index("ix_attempt_key_at", ["key", "at"], unique=False)

    op.create_table(
        "company",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("vat_number", sa.String(length=20), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_role", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("old", sa.JSON(), nullable=False),
        sa.Column("new", sa.JSON(), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.create_index("ix_journal_subject", ["subject_type", "subject_id"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("endpoint", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=120), nullable=False),
        sa.Column("object_id", sa.String(length=120), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("handled_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("parked_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_object_id"), ["object_id"], unique=False)
        batch_op.create_index("ix_notice_waiting", ["handled_at", "next_at"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("parked_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_waiting", ["done_at", "next_at"], unique=False)

    op.create_table(
        "topic",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("fr", sa.String(length=80), nullable=False),
        sa.Column("en", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic")),
        sa.UniqueConstraint("slug", name=op.f("uq_topic_slug")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("verified_at", UtcDateTime(), nullable=True),
        sa.Column("suspended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("role in ('lead', 'expert', 'admin')", name=op.f("ck_account_role")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_account_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_company_id"), ["company_id"], unique=False)

    op.create_table(
        "reaction_done",
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("reaction", sa.String(length=60), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_reaction_done_outbox_id")),
        sa.PrimaryKeyConstraint("outbox_id", "reaction", name=op.f("pk_reaction_done")),
    )
    op.create_table(
        "brief",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("objectives", sa.Text(), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("earliest", sa.Date(), nullable=True),
        sa.Column("latest", sa.Date(), nullable=True),
        sa.Column("budget_minor", sa.Integer(), nullable=True),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("city", sa.String(length=80), nullable=False),
        sa.Column("participants", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("matched_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_brief_company_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["account.id"], name=op.f("fk_brief_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brief")),
    )
    with op.batch_alter_table("brief", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_brief_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_brief_state"), ["state"], unique=False)

    op.create_table(
        "expert",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("headline", sa.String(length=120), nullable=False),
        sa.Column("bio", sa.Text(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("city", sa.String(length=80), nullable=False),
        sa.Column("vat_scheme", sa.String(length=40), nullable=False),
        sa.Column("vetting", sa.String(length=40), nullable=False),
        sa.Column("motivation", sa.Text(), nullable=False),
        sa.Column("references", sa.Text(), nullable=False),
        sa.Column("teaching", sa.Text(), nullable=False),
        sa.Column("applied_at", UtcDateTime(), nullable=True),
        sa.Column("vetting_version", sa.Integer(), nullable=False),
        sa.Column("vetting_claimed_by", sa.Integer(), nullable=True),
        sa.Column("vetting_claimed_at", UtcDateTime(), nullable=True),
        sa.Column("vetted_at", UtcDateTime(), nullable=True),
        sa.Column("vetted_by", sa.Integer(), nullable=True),
        sa.Column("vetting_reason", sa.String(length=40), nullable=False),
        sa.Column("vetting_note", sa.Text(), nullable=False),
        sa.Column("min_notice_hours", sa.SmallInteger(), nullable=False),
        sa.Column("horizon_days", sa.SmallInteger(), nullable=False),
        sa.Column("buffer_before", sa.SmallInteger(), nullable=False),
        sa.Column("buffer_after", sa.SmallInteger(), nullable=False),
        sa.Column("start_step", sa.SmallInteger(), nullable=True),
        sa.Column("payout_account", sa.String(length=80), nullable=True),
        sa.Column("payouts_active", sa.Boolean(), nullable=False),
        sa.Column("payouts_checked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["account.id"], name=op.f("fk_expert_id")),
        sa.ForeignKeyConstraint(["vetted_by"], ["account.id"], name=op.f("fk_expert_vetted_by")),
        sa.ForeignKeyConstraint(["vetting_claimed_by"], ["account.id"], name=op.f("fk_expert_vetting_claimed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert")),
        sa.UniqueConstraint("payout_account", name=op.f("uq_expert_payout_account")),
    )
    op.create_table(
        "signed_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_signed_in_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_signed_in_token_hash")),
    )
    with op.batch_alter_table("signed_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signed_in_account_id"), ["account_id"], unique=False)

    op.create_table(
        "standing",
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ratings", sa.Integer(), nullable=False),
        sa.Column("mean_stars", sa.Double(), nullable=True),
        sa.Column("stars", sa.Double(), nullable=False),
        sa.Column("recommend", sa.Double(), nullable=False),
        sa.Column("reliability", sa.Double(), nullable=False),
        sa.Column("response", sa.Double(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("late_cancellations", sa.Integer(), nullable=False),
        sa.Column("no_shows", sa.Integer(), nullable=False),
        sa.Column("load", sa.Double(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_standing_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_standing")),
    )
    op.create_table(
        "date_exception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opens", sa.SmallInteger(), nullable=True),
        sa.Column("closes", sa.SmallInteger(), nullable=True),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_date_exception_expert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_date_exception")),
    )
    with op.batch_alter_table("date_exception", schema=None) as batch_op:
        batch_op.create_index("ix_date_exception_expert_id_day", ["expert_id", "day"], unique=False)

    op.create_table(
        "offering",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("live_revision_id", sa.Integer(), nullable=True),
        sa.Column("held_sessions", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state != 'published' or live_revision_id is not null", name=op.f("ck_offering_published_has_text")
        ),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_offering_expert_id")),
        sa.ForeignKeyConstraint(
            ["live_revision_id"], ["offering_revision.id"], name="fk_offering_live_revision_id", use_alter=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering")),
    )
    with op.batch_alter_table("offering", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offering_expert_id"), ["expert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_offering_state"), ["state"], unique=False)

    op.create_table(
        "weekly_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("opens", sa.SmallInteger(), nullable=False),
        sa.Column("closes", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_weekly_hours_expert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_hours")),
    )
    with op.batch_alter_table("weekly_hours", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_weekly_hours_expert_id"), ["expert_id"], unique=False)

    op.create_table(
        "brief_match",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("brief_id", sa.Integer(), nullable=False),
        sa.Column("offering_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["brief_id"], ["brief.id"], name=op.f("fk_brief_match_brief_id")),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_brief_match_offering_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brief_match")),
        sa.UniqueConstraint("brief_id", "offering_id", name=op.f("uq_brief_match_brief_id_offering_id")),
    )
    with op.batch_alter_table("brief_match", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_brief_match_offering_id"), ["offering_id"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("brief_id", sa.Integer(), nullable=False),
        sa.Column("offering_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["brief_id"], ["brief.id"], name=op.f("fk_invitation_brief_id")),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_invitation_expert_id")),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_invitation_offering_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("brief_id", "offering_id", "kind", name=op.f("uq_invitation_brief_id_offering_id_kind")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_brief_id"), ["brief_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitation_expert_id"), ["expert_id"], unique=False)

    op.create_table(
        "offering_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offering_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_offering_change_offering_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_change")),
    )
    op.create_table(
        "offering_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offering_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("experience", sa.Text(), nullable=False),
        sa.Column("length_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("city", sa.String(length=80), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("claimed_by", sa.Integer(), nullable=True),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_offering_revision_price")),
        sa.ForeignKeyConstraint(["claimed_by"], ["account.id"], name=op.f("fk_offering_revision_claimed_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_offering_revision_decided_by")),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_offering_revision_offering_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_revision")),
        sa.UniqueConstraint("offering_id", "number", name=op.f("uq_offering_revision_offering_id_number")),
    )
    with op.batch_alter_table("offering_revision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offering_revision_offering_id"), ["offering_id"], unique=False)
        batch_op.create_index("ix_offering_revision_queue", ["state", "submitted_at"], unique=False)

    op.create_table(
        "booking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("offering_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("brief_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("ending", sa.String(length=40), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("objective", sa.Text(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("po_number", sa.String(length=60), nullable=False),
        sa.Column("room", sa.String(length=40), nullable=False),
        sa.Column("net_minor", sa.Integer(), nullable=False),
        sa.Column("vat_minor", sa.Integer(), nullable=False),
        sa.Column("gross_minor", sa.Integer(), nullable=False),
        sa.Column("commission_minor", sa.Integer(), nullable=False),
        sa.Column("commission_vat_minor", sa.Integer(), nullable=False),
        sa.Column("payout_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("refund_minor", sa.Integer(), nullable=False),
        sa.Column("refunded_minor", sa.Integer(), nullable=False),
        sa.Column("share_minor", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("hold_until", UtcDateTime(), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=True),
        sa.Column("accept_by", UtcDateTime(), nullable=True),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_reason", sa.String(length=400), nullable=False),
        sa.Column("rate_by", UtcDateTime(), nullable=True),
        sa.Column("revealed_at", UtcDateTime(), nullable=True),
        sa.Column("release_at", UtcDateTime(), nullable=True),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.Column("reminded_day_at", UtcDateTime(), nullable=True),
        sa.Column("reminded_hour_at", UtcDateTime(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("checkout_id", sa.String(length=120), nullable=True),
        sa.Column("checkout_url", sa.Text(), nullable=True),
        sa.Column("payment_intent_id", sa.String(length=80), nullable=True),
        sa.Column("charge_id", sa.String(length=80), nullable=True),
        sa.Column("capture_before", UtcDateTime(), nullable=True),
        sa.Column("fee_next_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_booking_span")),
        sa.CheckConstraint("refunded_minor >= 0 and refunded_minor <= gross_minor", name=op.f("ck_booking_refund")),
        sa.ForeignKeyConstraint(["brief_id"], ["brief.id"], name=op.f("fk_booking_brief_id")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_booking_company_id")),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_booking_expert_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["account.id"], name=op.f("fk_booking_lead_id")),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_booking_offering_id")),
        sa.ForeignKeyConstraint(["revision_id"], ["offering_revision.id"], name=op.f("fk_booking_revision_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("payment_intent_id", name=op.f("uq_booking_payment_intent_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_booking_reference")),
    )
    with op.batch_alter_table("booking", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_booking_charge_id"), ["charge_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_booking_checkout_id"), ["checkout_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_booking_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_booking_expert_id_starts_at", ["expert_id", "starts_at"], unique=False)
        batch_op.create_index("ix_booking_fee_next_at", ["fee_next_at"], unique=False)
        batch_op.create_index("ix_booking_lead_id_starts_at", ["lead_id", "starts_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_booking_offering_id"), ["offering_id"], unique=False)
        batch_op.create_index("ix_booking_state_accept_by", ["state", "accept_by"], unique=False)
        batch_op.create_index("ix_booking_state_ends_at", ["state", "ends_at"], unique=False)
        batch_op.create_index("ix_booking_state_hold_until", ["state", "hold_until"], unique=False)
        batch_op.create_index("ix_booking_state_starts_at", ["state", "starts_at"], unique=False)

    op.create_table(
        "revision_topic",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["offering_revision.id"], name=op.f("fk_revision_topic_revision_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_revision_topic_topic_id")),
        sa.PrimaryKeyConstraint("revision_id", "topic_id", name=op.f("pk_revision_topic")),
    )
    with op.batch_alter_table("revision_topic", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_revision_topic_topic_id"), ["topic_id"], unique=False)

    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_type", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_ledger_entry_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint(
            "source_type", "source_id", "kind", name=op.f("uq_ledger_entry_source_type_source_id_kind")
        ),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_entry_booking_id"), ["booking_id"], unique=False)

    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("to_account", sa.Integer(), nullable=True),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column("to_name", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=True),
        sa.Column("calendar_method", sa.String(length=20), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_letter_booking_id")),
        sa.ForeignKeyConstraint(["to_account"], ["account.id"], name=op.f("fk_letter_to_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("key", name=op.f("uq_letter_key")),
    )
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letter_booking_id"), ["booking_id"], unique=False)
        batch_op.create_index("ix_letter_state_next_at", ["state", "next_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_letter_to_account"), ["to_account"], unique=False)

    op.create_table(
        "occupied_quarter",
        sa.Column("expert_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("quarter", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_occupied_quarter_booking_id")),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_occupied_quarter_expert_id")),
        sa.PrimaryKeyConstraint("expert_id", "quarter", name=op.f("pk_occupied_quarter")),
    )
    with op.batch_alter_table("occupied_quarter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_occupied_quarter_booking_id"), ["booking_id"], unique=False)

    op.create_table(
        "operation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("object_id", sa.String(length=120), nullable=True),
        sa.Column("error", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_operation_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation")),
        sa.UniqueConstraint("key", name=op.f("uq_operation_key")),
        sa.UniqueConstraint("kind", "subject", "seq", name=op.f("uq_operation_kind_subject_seq")),
    )
    with op.batch_alter_table("operation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_operation_booking_id"), ["booking_id"], unique=False)
        batch_op.create_index("ix_operation_status_next_at", ["status", "next_at"], unique=False)
        batch_op.create_index(
            "uq_operation_live",
            ["kind", "subject"],
            unique=True,
            sqlite_where=sa.text("status in ('pending', 'unknown')"),
            postgresql_where=sa.text("status in ('pending', 'unknown')"),
        )

    op.create_table(
        "rating",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("offering_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=40), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("overall", sa.SmallInteger(), nullable=False),
        sa.Column("dimensions", sa.JSON(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("private_note", sa.Text(), nullable=False),
        sa.Column("recommend", sa.Boolean(), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.Column("revealed_at", UtcDateTime(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("replied_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("overall between 1 and 5", name=op.f("ck_rating_overall")),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_rating_author_id")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_rating_booking_id")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_rating_company_id")),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_rating_offering_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["account.id"], name=op.f("fk_rating_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint("booking_id", "side", name=op.f("uq_rating_booking_id_side")),
    )
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_author_id"), ["author_id"], unique=False)
        batch_op.create_index("ix_rating_offering_id_revealed_at", ["offering_id", "revealed_at"], unique=False)
        batch_op.create_index("ix_rating_subject_id_revealed_at", ["subject_id", "revealed_at"], unique=False)

    op.create_table(
        "posting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_minor != 0", name=op.f("ck_posting_amount")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_posting_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.create_index("ix_posting_account", ["account", "currency"], unique=False)
        batch_op.create_index(batch_op.f("ix_posting_entry_id"), ["entry_id"], unique=False)
    for table in GUARDED:
        _guard(table)


def downgrade() -> None:
    raise RuntimeError("the first migration has nothing to go back to")
