"""The statements that store vectors in PostgreSQL and find the nearest, and what depends on the dimension."""

from psycopg.sql import SQL, Composable, Composed, Identifier

from search_service.errors import InvalidVectors

_MOST = 16_000  # dimensions of pgvector's `vector`
_IN_FULL, _IN_HALF = 2_000, 4_000  # the most that its HNSW takes, in single and in half precision

MERGE = SQL("""
WITH written AS (
    INSERT INTO {table} (id, vector) SELECT id, vector FROM incoming ORDER BY id
    ON CONFLICT (id) DO UPDATE SET vector = excluded.vector
    RETURNING (xmax = 0) AS added
)
SELECT count(*) FILTER (WHERE added) FROM written
""")  # xmax is 0 in a row that was inserted, and the updating transaction in one that was there before
DELETE = SQL("""
DELETE FROM {table}
WHERE id IN (SELECT id FROM {table} WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE)
""")
DROP = SQL("DROP TABLE {table}")
GET = SQL("SELECT id, vector FROM {table} WHERE id = ANY(%(ids)s) ORDER BY id")
IDS = SQL("SELECT id FROM {table} WHERE id > %(after)s ORDER BY id LIMIT %(limit)s")
SAMPLE_IDS = SQL("SELECT id FROM {table} TABLESAMPLE BERNOULLI (%(percent)s) LIMIT %(most)s")
ENDS = SQL("SELECT min(id), max(id) FROM {table}")
SAMPLE = SQL("""
SELECT DISTINCT ON (near.id) near.id, near.vector
FROM unnest(%(places)s::bigint[]) AS wanted (place)
CROSS JOIN LATERAL (SELECT id, vector FROM {table} WHERE id >= wanted.place ORDER BY id LIMIT 1) AS near
""")
CLAIM_MEASURE = """
UPDATE image_search.collections SET recall_measured = now(), recall_generation = generation
WHERE key = %(key)s AND indexed AND (recall_measured IS NULL OR (
    recall_measured < now() - %(every)s * interval '1 second'
    AND recall_generation IS DISTINCT FROM generation
))
RETURNING key
"""  # of several services that share the database, one measures
_CREATE = SQL("CREATE TABLE {table} (id bigint PRIMARY KEY, vector vector({dimension}) NOT NULL)")
_INLINE = SQL("ALTER TABLE {table} ALTER COLUMN vector SET STORAGE PLAIN")
_NEAREST = SQL("""
SELECT query.n, near.id, near.score
FROM unnest(%(queries)s) WITH ORDINALITY AS query (vector, n)
CROSS JOIN LATERAL (
    SELECT candidate.id, least(greatest(-(candidate.vector <#> query.vector), -1), 1) AS score
    FROM (
        SELECT id, vector FROM {table} AS stored WHERE {chosen} ORDER BY {order} LIMIT %(candidates)s
    ) AS candidate
    ORDER BY score DESC, candidate.id LIMIT %(k)s
) AS near
ORDER BY query.n, near.score DESC, near.id
""")
_BUILD = SQL("CREATE INDEX CONCURRENTLY {index} ON {table} USING hnsw ({indexed})")


def table_of(key: int) -> Identifier:
    return Identifier("image_search", f"vectors_{key}")


def create(key: int, dimension: int) -> list[Composed]:
    """Rows that fit a page keep their vector in it: fetching it from a side table would be a second read."""
    if dimension > _MOST:
        raise InvalidVectors(f"PostgreSQL holds vectors of at most {_MOST} dimensions, not {dimension}.")
    table = _CREATE.format(table=table_of(key), dimension=_number(dimension))
    return [table, _INLINE.format(table=table_of(key))] if dimension <= _IN_FULL else [table]


def index_name(dimension: int) -> str | None:
    """How an index over this many dimensions is called; `None` where every search must be exact."""
    if dimension <= _IN_FULL:
        return "hnsw"
    return "hnsw-halfvec" if dimension <= _IN_HALF else None


def build(key: int, dimension: int) -> Composed:
    """The HNSW index `image_search.hnsw_<key>`, made while reads and writes go on."""
    halved = SQL("(vector::halfvec({})) halfvec_ip_ops").format(_number(dimension))
    indexed: Composable = SQL("vector vector_ip_ops") if dimension <= _IN_FULL else halved
    return _BUILD.format(index=Identifier(f"hnsw_{key}"), table=table_of(key), indexed=indexed)


def candidates(dimension: int, k: int) -> int:
    """How many the index finds for the exact ranking: more than k where it holds half precision."""
    return k if dimension <= _IN_FULL else 2 * k


def nearest(key: int, dimension: int, *, exact: bool, allow: bool, deny: bool) -> Composed:
    """Takes `queries`, `k` and `candidates`, and `allow` and `deny` where they are used."""
    wanted = [SQL("id = ANY(%(allow)s)")] * allow + [SQL("id <> ALL(%(deny)s)")] * deny
    chosen = SQL(" AND ").join(wanted or [SQL("true")])
    return _NEAREST.format(table=table_of(key), chosen=chosen, order=_order(dimension, exact))


def _order(dimension: int, exact: bool) -> Composable:
    """An index gives equals in an order of its own; an exact search takes the first of them by id."""
    if exact:
        return SQL("greatest(least(stored.vector <#> query.vector, 1), -1), stored.id")
    if dimension <= _IN_FULL:
        return SQL("stored.vector <#> query.vector")
    return SQL("(stored.vector::halfvec({0})) <#> (query.vector::halfvec({0}))").format(_number(dimension))


def _number(value: int) -> Composed:
    return Composed([value])
