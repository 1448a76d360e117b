"""room for secrets that are encrypted"""

import sqlalchemy as sa
from alembic import op
import sqlmodel.sql.sqltypes

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:

    with op.batch_alter_table('authenticators', schema=None) as batch_op:
        batch_op.alter_column('secret',
            existing_type=sqlmodel.sql.sqltypes.AutoString(length=64),
            type_=sa.Text(),
            existing_nullable=False)


def downgrade() -> None:

    with op.batch_alter_table('authenticators', schema=None) as batch_op:
        batch_op.alter_column('secret',
            existing_type=sa.Text(),
            type_=sqlmodel.sql.sqltypes.AutoString(length=64),
            existing_nullable=False)
