'words of titles'

import sqlalchemy as sa
from alembic import op
import sqlmodel.sql.sqltypes

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

# What the index has of titles, with a space before and after each word.
_FROM_INDEX = {
    'sqlite': "coalesce((select ' ' || nullif(t.title, '') || ' ' from document_text t"
    " where t.rowid = document.number), '')",
    'postgresql': "coalesce((select ' ' || string_agg(w.lexeme, ' ' order by w.place) || ' '"
    " from document_text t, lateral (select v.lexeme, unnest(v.positions) as place"
    " from unnest(t.title) v) w where t.number = document.number), '')",
}


def upgrade() -> None:
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.add_column(
            sa.Column('title_words', sqlmodel.sql.sqltypes.AutoString(), nullable=True)
        )
    dialect = op.get_bind().dialect.name
    op.execute(f'update document set title_words = {_FROM_INDEX[dialect]}')
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.alter_column(
            'title_words', existing_type=sqlmodel.sql.sqltypes.AutoString(), nullable=False
        )
    if dialect == 'postgresql':
        op.execute('drop index ix_document_text_title')
        op.execute('alter table document_text drop column title')


def downgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        op.execute("alter table document_text add column title tsvector not null default ''")
        op.execute(
            "update document_text t set title = to_tsvector('simple', d.title_words)"
            " from document d where d.number = t.number"
        )
        op.execute('create index ix_document_text_title on document_text using gin (title)')
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.drop_column('title_words')
