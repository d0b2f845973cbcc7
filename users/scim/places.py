"""Where the attributes of a resource stand in the database: in a column, in a list, or in `attributes`."""

from dataclasses import dataclass, field

from scim2_models import AttributeBinding

from users.scim.sql import Sql, Value


@dataclass(frozen=True, slots=True)
class Table:
    """Where the attributes of a kind of resource stand: in a column, in a column of lists, or else in `attributes`."""

    name: str
    columns: dict[str, Value]
    lists: dict[str, Sql] = field(default_factory=dict)
    unstored: frozenset[str] = frozenset()

    @property
    def attributes(self) -> Sql:
        return Sql(f"{self.name}.attributes")


def _columns(table: str, kind: str) -> dict[str, Value]:
    return {
        "id": Value(Sql(f"{table}.scim_id"), "uuid"),
        "externalId": Value(Sql(f"nullif({table}.external_id, '')")),
        "meta.created": Value(Sql(f"{table}.created_at"), "time"),
        "meta.lastModified": Value(Sql(f"{table}.modified_at"), "time"),
        "meta.resourceType": Value(Sql(f"'{kind}'::text")),
    }


ENTRIES = Table(
    "directory_entry",
    _columns("directory_entry", "User")
    | {
        "externalId": Value(Sql("directory_entry.external_id")),
        "userName": Value(Sql("directory_entry.user_name"), folded=Sql("directory_entry.user_name_norm")),
        "active": Value(
            # Nothing is said of it any more (users/scim/translation.py): a missing value, whatever holds meanwhile.
            Sql(
                "CASE WHEN directory_entry.attributes @> '{\"active\": null}' THEN NULL ELSE directory_entry.active END"
            ),
            "bool",
        ),
    },
    unstored=frozenset({"groups", "meta.location", "meta.version", "password", "schemas"}),
)
GROUPS = Table(
    "directory_group",
    _columns("directory_group", "Group")
    | {
        "displayName": Value(Sql("directory_group.display_name")),
        "meta.version": Value(Sql("'W/\"' || directory_group.version || '\"'")),
    },
    lists={"members": Sql("directory_group.members")},
    unstored=frozenset({"meta.location", "schemas"}),
)


def name_of(binding: AttributeBinding) -> str:
    """`meta.created` for an attribute of the core schema, the whole URN for one of an extension."""
    schema, _colon, name = binding.urn.rpartition(":")
    return name if not schema or "core" in schema else binding.urn


def path_of(binding: AttributeBinding) -> list[str]:
    """The keys that lead to the attribute in what is stored."""
    schema, _colon, name = binding.urn.rpartition(":")
    keys = name.split(".")
    return [schema, *keys] if schema and "core" not in schema else keys


def sub_path_of(binding: AttributeBinding) -> list[str]:
    """The key within one entry of a list; the entry itself where none is named."""
    return path_of(binding)[-1:] if binding.sub_field_name else []


def kind_of(binding: AttributeBinding) -> str:
    """How values of the attribute are compared, where no column says so."""
    return "bool" if binding.target_type is bool else "text"


def _list(table: Table, binding: AttributeBinding) -> Sql:
    head = name_of(binding).split(".")[0]
    if head in table.lists:
        return table.lists[head]
    path = path_of(binding)[: -1 if binding.sub_field_name else None]
    return Sql(f"({table.attributes.text} #> %s::text[])", (path,))


def items_of(table: Table, binding: AttributeBinding) -> Sql:
    """The entries of a list, none where there is no list."""
    items = _list(table, binding)
    return Sql(
        f"jsonb_array_elements(CASE jsonb_typeof({items.text}) WHEN 'array' THEN {items.text} ELSE '[]' END)",
        items.params * 2,
    )


def is_missing(table: Table, binding: AttributeBinding) -> Sql:
    """Whether the resource has no such list at all."""
    items = _list(table, binding)
    return Sql(f"coalesce(jsonb_typeof({items.text}), 'null') <> 'array'", items.params)


def folded(value: Value, binding: AttributeBinding) -> Sql:
    """The value as it is compared: without case, unless the schema says that case counts."""
    if binding.case_exact:
        return value.sql
    if value.folded is not None:
        return value.folded
    return Sql(f"lower(normalize({value.sql.text}, NFC))", value.sql.params)


def folded_text(expected: str, value: Value, binding: AttributeBinding) -> Sql:
    """What a client asked for, folded as `folded` folds the value: by PostgreSQL, because Python does it otherwise.

    Made of constants, so it is one itself when the index is asked.
    """
    if binding.case_exact:
        return Sql("%s::text", (expected,))
    if value.folded is not None:
        return Sql("lower(%s::text)", (expected,))
    return Sql("lower(normalize(%s::text, NFC))", (expected,))


def sortable(value: Value, binding: AttributeBinding) -> Sql:
    """The value as text that sorts by code point."""
    if value.kind == "time":
        text = Sql(f"to_char({value.sql.text} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')", value.sql.params)
    elif value.kind in {"uuid", "bool"}:
        text = Sql(f"{value.sql.text}::text", value.sql.params)
    else:
        text = folded(value, binding)
    return Sql(f'({text.text}) COLLATE "C"', text.params)
