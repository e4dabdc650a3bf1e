"""`rasid alerts history / ack / snooze / resend / deliver`: what was recorded and sent."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime, timedelta

import click

from workers.alert.deliver import deliver_due
from workers.alert.live import RuleStore, all_rules
from workers.alert.rules import seconds
from workers.arabic.bidi import isolate
from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.model import as_dict
from workers.settings import settings
from workers.wiring import Parts


@click.command("history")
@click.option("--rule", help="Only of this rule.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--dead", is_flag=True, help="Only deliveries that were given up.")
@json_option
def history(*, rule: str | None, limit: int, dead: bool, as_json: bool) -> None:
    """List the latest alerts and how each stands with its channels.

    \b
    Examples:
      rasid alerts history --rule nato
      rasid alerts history --dead --json
    """
    outbox = Parts(settings()).outbox
    out = console()
    if dead:
        letters = outbox.dead_letters(limit=limit)
        if as_json:
            print_json({"dead": [as_dict(letter) for letter in letters]})
            return
        for letter in letters:
            out.print(f"{letter.alert} {letter.channel}: {letter.reason} ({letter.attempts} attempts)")
        return
    alerts = outbox.history(limit=limit, rule=rule)
    if as_json:
        print_json({"alerts": [as_dict(alert) for alert in alerts], "counts": outbox.counts()})
        return
    for alert in alerts:
        states = ", ".join(f"{name} {state}" for name, state in alert.extra["deliveries"].items())
        marks = "".join(f" {name}" for name in ("snoozed", "held", "acked") if name in alert.extra)
        out.print(f"{alert.at:%Y-%m-%d %H:%M}  {alert.rule}  {isolate(alert.extra.get('title', ''))}", style="bold")
        out.print(f"  {alert.id}  {states or 'not sent'}{marks}")


@click.command("ack")
@click.argument("alerts", metavar="ALERT…", nargs=-1, required=True)
@click.option("--by", default="", help="Who has seen it; default: the user that runs this.")
def ack(*, alerts: tuple[str, ...], by: str) -> None:
    """Note that alerts were seen.

    Example: rasid alerts ack 8e8a213439374ac62f6b394fc59bc62c --by mona
    """
    outbox = Parts(settings()).outbox
    for alert in alerts:
        if not outbox.ack(alert, by or getpass.getuser(), at=datetime.now(UTC)):
            raise UserError(Fault(alert, "there is no such alert", "rasid alerts history shows them"))


@click.command("snooze")
@click.argument("rule", metavar="RULE")
@click.option("--for", "duration", default="1h", show_default=True, help="30m, 8h, 2d; 0 ends a snooze.")
def snooze(*, rule: str, duration: str) -> None:
    """Record a rule's alerts without sending them, for a while.

    Example: rasid alerts snooze nato --for 8h
    """
    parts, now = Parts(settings()), datetime.now(UTC)
    if rule not in all_rules(settings().config_dir, RuleStore(parts.redis, settings().redis.prefix)).rules:
        raise UserError(Fault(rule, "there is no such rule", "rasid alerts list shows them"))
    try:
        until = now + timedelta(seconds=float(seconds(duration)))
    except ValueError as error:
        raise UserError(Fault("--for", str(error))) from None
    parts.outbox.snooze(rule, until, now=now)
    click.echo(f"{rule} is quiet until {until:%Y-%m-%d %H:%M} UTC" if until > now else f"{rule} speaks again")


@click.command("resend")
@click.argument("alert", metavar="ALERT")
@click.option("--channel", "channels", multiple=True, help="Only there; default: where it was given up, else all.")
def resend(*, alert: str, channels: tuple[str, ...]) -> None:
    """Send an alert again: a dead letter once its channel is mended, or to a channel that lost it.

    Example: rasid alerts resend 8e8a213439374ac62f6b394fc59bc62c --channel hook
    """
    outbox = Parts(settings()).outbox
    kept = outbox.get(alert)
    if kept is None:
        raise UserError(Fault(alert, "there is no such alert", "rasid alerts history shows them"))
    dead = tuple(name for name, state in kept.extra["deliveries"].items() if state == "dead")
    chosen = channels or dead or kept.channels
    for channel in chosen:
        outbox.resend(alert, channel, now=datetime.now(UTC))
    click.echo(f"due again: {', '.join(chosen)}")


@click.command("deliver")
def deliver() -> None:
    """Send what is due now, without waiting for a worker.

    Example: rasid alerts deliver
    """
    parts = Parts(settings())
    sent = 0
    while taken := deliver_due(parts.outbox, parts.sender, settings().alert):
        sent += taken
    click.echo(f"sent {sent}, left {parts.outbox.counts()['due']}")


COMMANDS = (history, ack, snooze, resend, deliver)
