'contacts are told'

import uuid

import sqlalchemy as sa
from alembic import op

from trellis.db.models import Instant, JsonB, utc_now

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

_AT_ONCE = 1_000


def upgrade() -> None:
    """Tell the domain that writes to people of those who were here before it."""
    bind = op.get_bind()
    users = sa.table(
        'users',
        sa.column('id', sa.Uuid()),
        sa.column('version', sa.Integer()),
        sa.column('email', sa.String()),
        sa.column('email_verified_at'),
        sa.column('is_active', sa.Boolean()),
        sa.column('notify_by_email', sa.Boolean()),
        sa.column('notify_by_push', sa.Boolean()),
        sa.column('notify_in_app', sa.Boolean()),
    )
    outbox = sa.table(
        'outbox',
        sa.column('event_id', sa.Uuid()),
        sa.column('topic', sa.String()),
        sa.column('key', sa.String()),
        sa.column('payload', JsonB()),
        sa.column('headers', JsonB()),
        sa.column('occurred_at', Instant()),
        sa.column('attempts', sa.Integer()),
        sa.column('available_at', Instant()),
        sa.column('is_dead', sa.Boolean()),
    )
    if bind.dialect.name == 'postgresql':
        # As every writer of events does: ids grow in the order of commits.
        lock = "pg_advisory_xact_lock(hashtext(concat(current_schema(), '\\:outbox')))"
        bind.execute(sa.text(f'select {lock}'))
    rows = bind.execute(sa.select(users).order_by(users.c.id)).mappings().all()
    for start in range(0, len(rows), _AT_ONCE):
        now = utc_now()
        told = [_event(row, now) for row in rows[start : start + _AT_ONCE]]
        bind.execute(sa.insert(outbox), told)


def _event(row, now):
    is_confirmed = row['email_verified_at'] is not None and row['is_active']
    return {
        'event_id': uuid.uuid4(),
        'topic': 'contact.changed',
        'key': str(row['id']),
        'payload': {
            'user_id': str(row['id']),
            'version': row['version'],
            'email': row['email'] if is_confirmed else None,
            'by_email': bool(row['notify_by_email']),
            'by_push': bool(row['notify_by_push']),
            'in_app': bool(row['notify_in_app']),
        },
        'headers': {},
        'occurred_at': now,
        'attempts': 0,
        'available_at': now,
        'is_dead': False,
    }


def downgrade() -> None:
    op.execute("delete from outbox where topic = 'contact.changed'")
