'password guesses'

import sqlalchemy as sa
from alembic import op
import sqlmodel.sql.sqltypes

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table('password_guesses',
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('since', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('subject', name=op.f('pk_password_guesses'))
    )
    with op.batch_alter_table('password_guesses', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_password_guesses_since'), ['since'], unique=False)


def downgrade() -> None:

    op.drop_table('password_guesses')
