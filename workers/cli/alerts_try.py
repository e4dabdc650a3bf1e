"""`rasid alerts preview / test / backtest`: what a rule means and does, before anyone is woken by it."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from workers.alert.explain import Step, explain
from workers.alert.highlight import spans
from workers.alert.live import RuleStore, all_rules
from workers.alert.matcher import Matcher
from workers.alert.rules import parse_query, rule_as_mapping, seconds
from workers.alert.trial import Trial, articles_since, backtest
from workers.arabic.bidi import isolate
from workers.cli.extract import article_of, read_source
from workers.cli.output import console, json_option, print_json
from workers.cli.search import Writer, as_plain, needs_reordering, print_hits
from workers.errors import Drop, Fault, UserError
from workers.model import AlertRule, Article
from workers.ports import Hits
from workers.search.cover import matches_everything
from workers.search.outlets import outlet_names
from workers.search.patterns import without
from workers.search.tree import Pattern, walk
from workers.settings import settings
from workers.store.outbox import RedisOutbox
from workers.wiring import Parts, load_pipeline

FORMS_FROM = 200
"""Newest hits whose printed forms `preview` counts."""


@click.command("preview")
@click.argument("query")
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="Count over so many past days.")
@click.option("--limit", type=click.IntRange(0, 100), default=5, show_default=True, help="Sample hits.")
@json_option
def preview(*, query: str, days: int, limit: int, as_json: bool) -> None:
    """Show what a query would alert on: its words expanded, counts by day and outlet, sample hits.

    Example: rasid alerts preview الناتو --days 30
    """
    tree = parse_query(query)
    if matches_everything(tree):
        raise UserError(Fault("query", "matches every article", "name at least one word or field that must be there"))
    if any(isinstance(node, Pattern) for node in walk(tree)):
        mend = "rasid alerts test tries it on an article, rasid alerts backtest on the past"
        raise UserError(Fault("query", "no index is asked for patterns: there is nothing to count", mend))
    parts = Parts(settings())
    search = parts.search
    now = datetime.now(UTC)
    request = search.request(query, now=now, sort="newest", limit=limit, facets=("day", "outlet"))
    request = replace(request, since=now - timedelta(days=days))
    hits, explained = search.search(request), search.explain(request)
    forms = _printed_forms(parts, query, search.search(replace(request, limit=FORMS_FROM)))
    if as_json:
        print_json({**as_plain(query, hits), "days": days, "explain": explained, "forms": dict(forms)})
        return
    out = console()
    out.print(f"understood: {explained['understood']}")
    for leaf in explained["leaves"]:
        out.print(f"  {leaf['articles']:>7}  {leaf['leaf']}")
    if forms:
        writer = Writer(out, reorder=needs_reordering(search.bidi, out))
        writer.line("printed as: " + " · ".join(f"{form} {number}" for form, number in forms[:30]))
    out.print(f"in the past {days} days:", style="bold")
    print_hits(hits, out, bidi=search.bidi)


def _printed_forms(parts: Parts, query: str, hits: Hits) -> list[tuple[str, int]]:
    """The words and names that made the newest articles match, as printed: proclitics, endings, spellings."""
    matcher, chosen = _matcher(parts, query)
    resolved = matcher.compiled[chosen.id].query
    found: Counter[str] = Counter()
    for hit in hits.hits:
        words = matcher.words(hit.article)
        for name, places in spans(resolved, words).items():
            found.update({words.texts[name][0][start:end] for start, end in places})
    return found.most_common()


@click.command("test")
@click.argument("rule", metavar="RULE_OR_QUERY")
@click.argument("source", metavar="FILE_OR_URL_OR_ID")
@click.option("--url", default="", help="The page's address.")
@click.option("--text", "is_text", is_flag=True, help="The file is plain text.")
@json_option
def test(*, rule: str, source: str, url: str, is_text: bool, as_json: bool) -> None:
    """Does a rule fire on an article, and why or why not, word by word. Exit code 0: it fires, 1: it does not.

    \b
    Examples:
      rasid alerts test nato article.html
      rasid alerts test 'الناتو ليس رياضة' https://example.com/news/1
    """
    parts = Parts(settings())
    matcher, chosen = _matcher(parts, rule)
    article = _article(parts, source, url, is_text=is_text)
    words = matcher.words(article)
    compiled = matcher.compiled[chosen.id]
    fires = compiled.holds(words)
    steps = explain(matcher.written(chosen.query), matcher, words)
    found = matcher.alert(compiled, words, now=datetime.now(UTC)) if fires else None
    if as_json:
        plain = [{"depth": s.depth, "part": s.part, "holds": s.holds, "found": list(s.found)} for s in steps]
        highlights = list(found.highlights) if found else []
        print_json({"rule": rule_as_mapping(chosen), "fires": fires, "steps": plain, "highlights": highlights})
    else:
        _print_test(chosen, article, steps, fires=fires, highlights=found.highlights if found else ())
    raise SystemExit(0 if fires else 1)


def _print_test(
    rule: AlertRule, article: Article, steps: list[Step], *, fires: bool, highlights: tuple[str, ...]
) -> None:
    out = console()
    writer = Writer(out, reorder=needs_reordering(settings().search.bidi, out))
    out.print(f"{rule.id} {'fires' if fires else 'does not fire'} on {isolate(article.title)}", style="bold")
    for step in steps:
        sign = {True: "✓", False: "✗", None: "–"}[step.holds]
        note = f": {' · '.join(step.found)}" if step.found else " (not searched)" if step.holds is None else ""
        writer.line(f"{'  ' * (step.depth + 1)}{sign} {step.part}{note}")
    for sentence in highlights:
        writer.line(f"  {sentence}")
    if fires and not rule.enabled:
        out.print("the rule is paused", style="yellow")


@click.command("backtest")
@click.argument("rule", metavar="RULE_OR_QUERY")
@click.option("--since", default="30d", show_default=True, help="How far back: 12h, 30d.")
@json_option
def run_backtest(*, rule: str, since: str, as_json: bool) -> None:
    """Show what a rule would have sent and when, and what folding into stories and throttling would have saved.

    Example: rasid alerts backtest nato --since 30d
    """
    try:
        back = float(seconds(since))
    except ValueError as error:
        raise UserError(Fault("--since", str(error))) from None
    parts, now = Parts(settings()), datetime.now(UTC)
    matcher, chosen = _matcher(parts, rule)
    prefix = f"{settings().redis.prefix}:trial:{uuid.uuid4().hex[:12]}"
    try:
        outbox = RedisOutbox(parts.redis, prefix, settings().alert)
        found = articles_since(
            parts.index, without(matcher.compiled[chosen.id].query), now - timedelta(seconds=back), until=now
        )
        trial = backtest(matcher, found, outbox, until=now)
    finally:
        for key in parts.redis.scan_iter(f"{prefix}:*"):
            parts.redis.delete(key)
    _print_backtest(chosen, trial, as_json=as_json)


def _print_backtest(rule: AlertRule, trial: Trial, *, as_json: bool) -> None:
    sent: list[dict[str, Any]] = [
        {"at": alert.release or alert.at, "alerts": _titles(alert)} for alert in trial.messages
    ]
    told: dict[str, Any] = {"articles": trial.articles, "folded": trial.folded, "alerts": trial.alerts}
    if as_json:
        print_json({"rule": rule_as_mapping(rule), **told, "messages": sent})
        return
    out = console()
    out.print(f"{trial.articles} articles meet it, {trial.folded} of them belong to a story already told", style="bold")
    out.print(f"{trial.alerts} alerts in {len(sent)} messages:")
    for message in sent:
        out.print(f"  {message['at']:%Y-%m-%d %H:%M}  {' · '.join(map(isolate, message['alerts']))}")


def _titles(alert: Any) -> list[str]:
    return [member.extra["title"] for member in alert.extra.get("members") or [alert]]


# --- shared ------------------------------------------------------------------------------------------------------


def _matcher(parts: Parts, rule: str) -> tuple[Matcher, AlertRule]:
    """A matcher of one rule: one of the known ones, or one made of a query. It always has a channel, to be asked."""
    config = settings()
    known = all_rules(config.config_dir, RuleStore(parts.redis, config.redis.prefix)).rules
    if rule not in known:
        parse_query(rule)
    chosen = known.get(rule) or AlertRule(id="query", query=rule)
    asked = replace(chosen, channels=chosen.channels[:1] or ("trial",), enabled=True, expires=None, kind="match")
    matcher = Matcher(
        [asked],
        parts.analyzer,
        parts.pipeline.tagger.catalogue,
        outlets=outlet_names(config.config_dir),
        sentences=config.alert.sentences,
    )
    if matcher.faults:
        raise UserError(list(matcher.faults))
    return matcher, replace(asked, enabled=chosen.enabled)


def _article(parts: Parts, source: str, url: str, *, is_text: bool) -> Article:
    if "/" not in source and "." not in source and (kept := parts.index.get(source)) is not None:
        return kept
    config = settings()
    raw, address, content_type = read_source(source, url, config)
    try:
        return article_of(load_pipeline(config), raw, content_type, address, is_text=is_text, config=config)
    except Drop as drop:
        raise UserError(Fault(source, f"is not an article: {drop.status}, {drop.reason}")) from None


COMMANDS = (preview, test, run_backtest)
