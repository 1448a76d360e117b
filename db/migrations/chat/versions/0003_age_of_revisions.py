'age of revisions'

from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('message_revision', schema=None) as batch_op:
        batch_op.create_index('ix_message_revision_replaced', ['replaced_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('message_revision', schema=None) as batch_op:
        batch_op.drop_index('ix_message_revision_replaced')
