"""subscriptions, and since when rights have been what they are"""

import sqlalchemy as sa
from alembic import op
import sqlmodel.sql.sqltypes

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

_STATUS = sa.Enum('active', 'past_due', 'cancelled', 'expired', name='subscriptionstatus', native_enum=False, length=32)


def upgrade() -> None:

    for table in ('users', 'organizations'):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column('subscription_status', _STATUS, server_default='active', nullable=False))
            batch_op.add_column(sa.Column('subscription_expires_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))

    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('rights_changed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.create_index(batch_op.f('ix_users_rights_changed_at'), ['rights_changed_at'], unique=False)


def downgrade() -> None:

    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_users_rights_changed_at'))
        batch_op.drop_column('rights_changed_at')

    for table in ('users', 'organizations'):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column('subscription_expires_at')
            batch_op.drop_column('subscription_status')
