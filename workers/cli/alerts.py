"""`rasid alerts …`: standing questions: rules here, trying them in `alerts_try`, what was sent in `alerts_sent`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import yaml

from workers.alert.live import RuleStore, all_rules
from workers.alert.rules import Rules, load_rules, parse_query, rule_as_mapping, rule_from
from workers.cli import alerts_sent, alerts_try
from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.model import AlertRule
from workers.settings import read_yaml, settings
from workers.store import open_redis


@click.group("alerts")
def command() -> None:
    """Standing questions: who is told what, when an article appears.

    \b
    Examples:
      rasid alerts preview 'الناتو أو "حلف شمال الأطلسي"'
      rasid alerts add nato 'الناتو' --channel desk --severity high
      rasid alerts test nato article.html
      rasid alerts history
    """


for _group in (alerts_try, alerts_sent):
    for _command in _group.COMMANDS:
        command.add_command(_command)


def _open() -> tuple[RuleStore, Rules]:
    config = settings()
    store = RuleStore(open_redis(config), config.redis.prefix)  # without the matcher, which loads the lexicon
    return store, all_rules(config.config_dir, store)


@command.command("list")
@json_option
def list_rules(*, as_json: bool) -> None:
    """List the rules and what is wrong with those that are left out.

    Example: rasid alerts list --json
    """
    store, found = _open()
    own = store.mappings()
    if as_json:
        rules = [
            {**rule_as_mapping(rule), "enabled": rule.enabled, "added": rule.id in own} for rule in found.rules.values()
        ]
        print_json({"rules": rules, "channels": sorted(found.channels), "faults": [str(f) for f in found.faults]})
        return
    out = console()
    for rule in found.rules.values():
        state = "" if rule.enabled else "  paused"
        kind = "" if rule.kind == "match" else f"  {rule.kind}"
        out.print(f"{rule.id}{state}{kind}  → {', '.join(rule.channels) or 'history only'}", style="bold")
        out.print(f"  {rule.name}\n  {rule.query}" if rule.name else f"  {rule.query}")
    for fault in found.faults:
        out.print(f"left out: {fault}", style="red")


_FIELDS: list[Callable[[Any], Any]] = [
    click.option("--name", help="As messages show it."),
    click.option("--channel", "channels", multiple=True, help="A channel of config/alerts.yaml; may be given again."),
    click.option("--severity", type=click.Choice(["low", "normal", "high"])),
    click.option("--per", type=click.Choice(["story", "article"]), help="One alert for a story or for each article."),
    click.option("--throttle", help="At most one message in this time: 30m, 2h."),
    click.option("--quiet", help="Hours that are held to their end: 22:00-07:00."),
    click.option("--digest", help="Cron expression: gathered, one message at these times."),
    click.option("--timezone", help="Of quiet hours and digests: Asia/Riyadh."),
    click.option("--follow-up/--no-follow-up", default=None, help="Tell later who else carries the story."),
    click.option("--kind", type=click.Choice(["match", "change", "frequency", "spike", "new_name", "silence"])),
    click.option("--window", help="What frequency, spike and silence look at: 1h."),
    click.option("--least", type=int, help="Articles in the window before frequency or spike fires."),
    click.option("--factor", type=float, help="How many times the usual a spike is."),
    click.option("--owner"),
    click.option("--label", "labels", multiple=True),
    click.option("--expires", help="2027-01-01T00:00:00Z."),
]


def _fields(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_FIELDS):
        function = option(function)
    return function


def _given(options: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in options.items() if value not in (None, ())}
    if quiet := found.get("quiet"):
        start, _, end = str(quiet).partition("-")
        found["quiet"] = {"from": start.strip(), "to": end.strip()}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


@command.command("add")
@click.argument("rule", metavar="ID")
@click.argument("query")
@_fields
def add(*, rule: str, query: str, **options: Any) -> None:
    """Add a rule; workers follow within seconds.

    Example: rasid alerts add nato 'الناتو' --channel desk --quiet 22:00-07:00 --timezone Asia/Riyadh
    """
    store, found = _open()
    if rule in found.rules:
        raise UserError(Fault(rule, "there is a rule with this id", "rasid alerts edit changes it"))
    store.put(rule_from({"id": rule, "query": query, **_given(options)}, "the new rule", found.channels))
    click.echo(f"added {rule}")


@command.command("edit")
@click.argument("rule", metavar="ID")
@click.option("--query")
@_fields
def edit(*, rule: str, **options: Any) -> None:
    """Change a rule. One of config/alerts.yaml is covered by the changed copy until `remove`.

    Example: rasid alerts edit nato --throttle 30m
    """
    store, found = _open()
    changed = {**rule_as_mapping(_known(found, rule)), **_given(options)}
    changed.pop("enabled", None)
    store.put(rule_from(changed, f"rule {rule}", found.channels))
    click.echo(f"changed {rule}")


@command.command("pause")
@click.argument("rules", metavar="ID…", nargs=-1, required=True)
def pause(*, rules: tuple[str, ...]) -> None:
    """Stop rules until `resume`.

    Example: rasid alerts pause nato
    """
    _pause(rules, paused=True)


@command.command("resume")
@click.argument("rules", metavar="ID…", nargs=-1, required=True)
def resume(*, rules: tuple[str, ...]) -> None:
    """Let paused rules go on.

    Example: rasid alerts resume nato
    """
    _pause(rules, paused=False)


def _pause(rules: tuple[str, ...], *, paused: bool) -> None:
    store, found = _open()
    for rule in rules:
        known = _known(found, rule)
        store.pause(rule, paused=paused)
        if not paused and not known.enabled and rule not in store.paused():  # written as paused where it stands
            store.put(replace(known, enabled=True))
        click.echo(f"{'paused' if paused else 'resumed'} {rule}")


@command.command("remove")
@click.argument("rules", metavar="ID…", nargs=-1, required=True)
def remove(*, rules: tuple[str, ...]) -> None:
    """Remove rules that were added or changed by command; rules of the file are removed in the file.

    Example: rasid alerts remove nato
    """
    store, _ = _open()
    in_file = load_rules(settings().config_dir).rules
    for rule in rules:
        if not store.remove(rule):
            mend = "take it out of config/alerts.yaml, or pause it" if rule in in_file else "rasid alerts list"
            raise UserError(Fault(rule, "is not a rule that was added by command", mend))
        click.echo(f"removed {rule}" + ("; the one of config/alerts.yaml counts again" if rule in in_file else ""))


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_rules(*, file: Path) -> None:
    """Add the rules of a file (as `export` writes it). All or nothing: a fault in one adds none.

    Example: rasid alerts import rules.yaml
    """
    if not file.is_file():
        raise UserError(Fault(str(file), "is not a file"))
    store, found = _open()
    document = read_yaml(file)
    listed = document.value.get("rules") if isinstance(document.value, dict) else document.value
    if not isinstance(listed, list):
        raise UserError(Fault(str(file), "holds no list of rules", "write `rules:` and a list below"))
    rules: list[AlertRule] = []
    faults: list[Fault] = []
    for number, value in enumerate(listed):
        place = document.place(("rules", str(number)) if isinstance(document.value, dict) else (str(number),))
        try:
            rules.append(rule_from(value, place, found.channels))
        except UserError as error:
            faults += error.faults
    if faults:
        raise UserError(faults)
    for rule in rules:
        store.put(rule)
    click.echo(f"imported {len(rules)} rules")


@command.command("export")
@click.argument("rules", metavar="[ID…]", nargs=-1)
def export_rules(*, rules: tuple[str, ...]) -> None:
    """Print rules as YAML that `import` and config/alerts.yaml read.

    Example: rasid alerts export > rules.yaml
    """
    _, found = _open()
    chosen = [_known(found, rule) for rule in rules] or list(found.rules.values())
    yaml.safe_dump({"rules": [rule_as_mapping(r) for r in chosen]}, sys.stdout, allow_unicode=True, sort_keys=False)


@command.command("check")
@click.argument("query")
def check(*, query: str) -> None:
    """Say how a query is understood, or what is wrong with it.

    Example: rasid alerts check 'الناتو قرب/3 قمة'
    """
    click.echo(str(parse_query(query)))


def _known(found: Rules, rule: str) -> AlertRule:
    if rule not in found.rules:
        raise UserError(Fault(rule, "there is no such rule", "rasid alerts list shows them"))
    return found.rules[rule]
