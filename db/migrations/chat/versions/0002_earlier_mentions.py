'earlier mentions'

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('message_mention', schema=None) as batch_op:
        batch_op.add_column(
            sa.Column('is_earlier', sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    with op.batch_alter_table('message_mention', schema=None) as batch_op:
        batch_op.alter_column('is_earlier', existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    op.execute('delete from message_mention where is_earlier')
    with op.batch_alter_table('message_mention', schema=None) as batch_op:
        batch_op.drop_column('is_earlier')
