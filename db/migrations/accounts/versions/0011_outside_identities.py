'outside identities and paid subscriptions'

import sqlalchemy as sa
from alembic import op
import sqlmodel.sql.sqltypes

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('payment_events',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(length=255), nullable=False),
    sa.Column('received_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_events'))
    )
    with op.batch_alter_table('payment_events', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_payment_events_received_at'), ['received_at'], unique=False)

    op.create_table('outside_identities',
    sa.Column('issuer', sqlmodel.sql.sqltypes.AutoString(length=255), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(length=255), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('linked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('last_used_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_outside_identities_user_id_users')),
    sa.PrimaryKeyConstraint('issuer', 'subject', name=op.f('pk_outside_identities'))
    )
    with op.batch_alter_table('outside_identities', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_outside_identities_user_id'), ['user_id'], unique=False)

    op.create_table('paid_subscriptions',
    sa.Column('tier', sa.Enum('free', 'basic', 'pro', 'enterprise', name='tier', native_enum=False, length=32), nullable=False),
    sa.Column('subscription_status', sa.Enum('active', 'past_due', 'cancelled', 'expired', name='subscriptionstatus', native_enum=False, length=32), server_default='active', nullable=False),
    sa.Column('subscription_expires_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(length=255), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('changed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('is_over', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_paid_subscriptions_organization_id_organizations')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_paid_subscriptions_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paid_subscriptions'))
    )
    with op.batch_alter_table('paid_subscriptions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_paid_subscriptions_organization_id'), ['organization_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_paid_subscriptions_user_id'), ['user_id'], unique=False)

    op.create_table('sign_in_codes',
    sa.Column('code_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('challenge_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('provider', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.Column('expires_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_sign_in_codes_user_id_users')),
    sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_sign_in_codes'))
    )
    with op.batch_alter_table('sign_in_codes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_in_codes_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_sign_in_codes_user_id'), ['user_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('sign_in_codes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_codes_user_id'))
        batch_op.drop_index(batch_op.f('ix_sign_in_codes_expires_at'))

    op.drop_table('sign_in_codes')
    with op.batch_alter_table('paid_subscriptions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_paid_subscriptions_user_id'))
        batch_op.drop_index(batch_op.f('ix_paid_subscriptions_organization_id'))

    op.drop_table('paid_subscriptions')
    with op.batch_alter_table('outside_identities', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_outside_identities_user_id'))

    op.drop_table('outside_identities')
    with op.batch_alter_table('payment_events', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_payment_events_received_at'))

    op.drop_table('payment_events')
