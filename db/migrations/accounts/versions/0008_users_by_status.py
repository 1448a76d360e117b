'users by status'

from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:

    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.create_index('ix_users_status', ['is_active', 'created_at', 'id'], unique=False)


def downgrade() -> None:

    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.drop_index('ix_users_status')
