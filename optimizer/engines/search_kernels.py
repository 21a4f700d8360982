"""Compiled ruin and recreate (SISR: Christiaens and Vanden Berghe, Transportation Science 54, 2020).

Adjacent strings of visits near a random task are taken out and go back to their cheapest places, sometimes
overlooking one. Additions for days with more work than fits: a few long-absent tasks are tried each time,
an absent task costs its price, and the cheapest place of a task in a route is remembered until that route
changes. Worse results are accepted by a temperature that falls with iterations. What no ruin reaches is another
number of long routes, so now and then two routes exchange their tails first (2-opt*: Potvin and Rousseau, 1995).

`S` is `State`: one search. It works on its own routes and tasks only (`mine`, `todo`), so that two searches
can share a problem. No clock and no library's random numbers in here: same state, same result.
"""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np
from numba import njit

from optimizer.engines.clock_kernels import (
    ABSENT,
    BIG,
    CAPACITY,
    DEMAND,
    DURATION,
    END,
    FIRST,
    FROZEN,
    KIND,
    LAST,
    MODE,
    ORIGIN,
    PLACE,
    PLAIN,
    ROOM,
    TIMED,
    evaluate,
    fits,
    priced,
)

ELSEWHERE = -2  # a task that another search has
OUT = -1  # a task that is absent
# Columns of `S.info`, one row for each route.
COUNT, LOAD, STAMP = range(3)
# Entries of `S.mem`.
CLOCK, ABSENTEES, ROUND, POOLED, DONE, TRIED = range(6)
# Entries of `S.sum`.
NOW, BEST = range(2)
# What `work` may do.
SETTLE, CONSTRUCT, SEARCH = range(3)

MEAN_RUIN = 10
STRING = 10
BLINK = 0.01
RETRIED = 8
MOST_OUT = 64
# How often two routes exchange their tails before a ruin, how often one of them is an empty day, and how many near
# routes are asked.
TAILS, OWN_DAY, ASKED = 0.15, 0.3, 10

State = namedtuple(
    "State",
    "seq info cost labels where absent absent_at seen seen_cost seen_at mem sum mine todo mark touched "
    "kept_seq kept_info kept_cost kept_labels best_seq best_info dirty spare spare2 line kind_seen "
    "pool_seq pool_info pool_cost pool_key slots rng order before strung",
)

# Only what Python calls is kept on disk; it holds the rest.
_options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
_jit: Any = njit(**{**_options, "no_cpython_wrapper": True, "no_cfunc_wrapper": True})
_entry: Any = njit(**{**_options, "cache": True, "no_cfunc_wrapper": True})


@_jit
def draw(S):
    """A random number in [0, 1): xorshift64*."""
    x = S.rng[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    S.rng[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@_jit
def below(S, n):
    """A random whole number in [0, n)."""
    return int(draw(S) * n)


@_jit
def touch(S, w):
    """Keep route `w` as it was at the beginning of this round."""
    if S.mark[w] == S.mem[ROUND]:
        return
    S.mark[w] = S.mem[ROUND]
    S.touched[0] += 1
    slot = S.touched[0]
    S.touched[slot] = w
    n = S.info[w, COUNT]
    for k in range(n):
        S.kept_seq[slot - 1, k] = S.seq[w, k]
    for k in range(n + 1):
        for c in range(4):
            S.kept_labels[slot - 1, k, c] = S.labels[w, k, c]
    for c in range(3):
        S.kept_info[slot - 1, c] = S.info[w, c]
    S.kept_cost[slot - 1] = S.cost[w]


@_jit
def renew(D, S, w):
    """Labels, price and stamp of a route whose sequence has changed."""
    S.mem[CLOCK] += 1
    S.info[w, STAMP] = S.mem[CLOCK]
    S.cost[w] = evaluate(D, w, S.seq[w], S.info[w, COUNT], S.labels[w], S.spare)


@_jit
def absent_add(S, t):
    S.where[t] = OUT
    S.absent_at[t] = S.mem[ABSENTEES]
    S.absent[S.mem[ABSENTEES]] = t
    S.mem[ABSENTEES] += 1


@_jit
def absent_drop(S, t):
    S.mem[ABSENTEES] -= 1
    last = S.absent[S.mem[ABSENTEES]]
    at = S.absent_at[t]
    S.absent[at] = last
    S.absent_at[last] = at


@_jit
def take_out(D, S, w, first, length, hole, hole_length, order, count):
    """Remove visits `first`… of route `w`, sparing `hole_length` from `hole` on; appends them to `order`."""
    touch(S, w)
    n = S.info[w, COUNT]
    put = first
    for k in range(first, n):
        t = S.seq[w, k]
        if k < first + length and not hole <= k < hole + hole_length:
            order[count] = t
            count += 1
            S.info[w, LOAD] -= D.task[t, DEMAND]
            absent_add(S, t)
        else:
            S.seq[w, put] = t
            put += 1
    S.info[w, COUNT] = put
    return count


@_jit
def position(S, w, t):
    """Where in route `w` task `t` is."""
    k = 0
    while S.seq[w, k] != t:
        k += 1
    return k


@_jit
def ruin_strings(D, S, seed, order):
    """Adjacent strings out of the routes around a task."""
    routes = visits = 0
    for w in S.mine:
        if S.info[w, COUNT]:
            routes += 1
            visits += S.info[w, COUNT]
    if routes == 0:
        return 0
    longest = min(float(STRING), visits / routes)
    strings = int(1.0 + draw(S) * (4.0 * MEAN_RUIN / (1.0 + longest) - 1.0))
    count = taken = 0
    for t in D.near[seed]:
        if taken >= strings or count >= MOST_OUT - 2 * STRING:
            break
        w = S.where[t]
        if w < 0 or S.strung[w] == S.mem[ROUND]:
            continue
        S.strung[w] = S.mem[ROUND]
        taken += 1
        n = S.info[w, COUNT]
        at = position(S, w, t)
        length = int(1.0 + draw(S) * min(float(n), longest))
        hole_length = 0
        if length > 1 and length < n and draw(S) < 0.5:
            hole_length = 1
            while length + hole_length < n and draw(S) < 0.01:
                hole_length += 1
        span = length + hole_length
        low, high = max(0, at - span + 1), min(at, n - span)
        first = low + below(S, high - low + 1)
        hole = first + 1 + below(S, length - 1) if hole_length else 0
        count = take_out(D, S, w, first, span, hole, hole_length, order, count)
        renew(D, S, w)
    return count


@_jit
def ruin_related(D, S, seed, order):
    """Single visits that are near the seed in place and time."""
    wanted = 1 + below(S, 2 * MEAN_RUIN)
    count = 0
    for t in D.related[seed]:
        if count >= wanted:
            break
        w = S.where[t]
        if w < 0 or draw(S) < 0.1:
            continue
        count = take_out(D, S, w, position(S, w, t), 1, 0, 0, order, count)
    for slot in range(1, S.touched[0] + 1):
        renew(D, S, S.touched[slot])
    return count


@_jit
def ruin_route(D, S, seed, order):
    """The whole route of the seed, or of the first neighbour that has one."""
    for t in D.near[seed]:
        w = S.where[t]
        if w >= 0:
            if S.info[w, COUNT] > MOST_OUT - 2 * STRING:
                return ruin_strings(D, S, seed, order)
            count = take_out(D, S, w, 0, S.info[w, COUNT], 0, 0, order, 0)
            renew(D, S, w)
            return count
    return 0


@_jit
def exchange_tails(D, S, seed):
    """The visits after the seed change places with the end of a near route, or become a day of their own."""
    w = S.where[seed]
    if w < 0:
        return
    n = S.info[w, COUNT]
    cut = position(S, w, seed) + 1
    tried = 0
    if draw(S) < OWN_DAY:
        if cut == n:
            return
        for x in S.mine:
            if S.info[x, COUNT] == 0:
                tried += 1
                if tails_fit(D, S, w, cut, x, 0) or tried == ASKED:
                    return
        return
    for t in D.near[seed]:
        x = S.where[t]
        if x < 0 or x == w:
            continue
        tried += 1
        if tails_fit(D, S, w, cut, x, position(S, x, t)) or tried == ASKED:
            return


@_jit
def tails_fit(D, S, w, cut, x, cut_x):
    """Give the visits of `w` from `cut` on to `x` and those of `x` from `cut_x` on to `w`, if both can have them."""
    n, n_x = S.info[w, COUNT], S.info[x, COUNT]
    if cut + n_x - cut_x > D.worker[w, ROOM] or cut_x + n - cut > D.worker[x, ROOM]:
        return False
    load = load_x = 0
    for k in range(cut, n):
        t = S.seq[w, k]
        if D.assign[t, x] < 0:
            return False
        load += D.task[t, DEMAND]
    for k in range(cut_x, n_x):
        t = S.seq[x, k]
        if D.assign[t, w] < 0:
            return False
        load_x += D.task[t, DEMAND]
    load_w = S.info[w, LOAD] - load + load_x
    if load_w > D.worker[w, CAPACITY] or S.info[x, LOAD] - load_x + load > D.worker[x, CAPACITY]:
        return False
    line = S.line
    for k in range(cut):
        line[k] = S.seq[w, k]
    for k in range(cut_x, n_x):
        line[cut + k - cut_x] = S.seq[x, k]
    if priced(D, w, line, cut + n_x - cut_x, S.spare2, S.spare, False) >= BIG:
        return False
    for k in range(cut_x):
        line[k] = S.seq[x, k]
    for k in range(cut, n):
        line[cut_x + k - cut] = S.seq[w, k]
    if priced(D, x, line, cut_x + n - cut, S.spare2, S.spare, False) >= BIG:
        return False
    touch(S, w)
    touch(S, x)
    for k in range(cut_x, n_x):
        S.seq[w, cut + k - cut_x] = S.seq[x, k]
        S.where[S.seq[x, k]] = w
    for k in range(cut_x + n - cut):
        S.seq[x, k] = line[k]
        S.where[line[k]] = x
    S.info[w, COUNT] = cut + n_x - cut_x
    S.info[x, COUNT] = cut_x + n - cut
    S.info[w, LOAD] += load_x - load
    S.info[x, LOAD] += load - load_x
    renew(D, S, w)
    renew(D, S, x)
    return True


@_jit
def arrange(D, S, order, count):
    """Shuffle, then sort by one of several keys."""
    for k in range(count - 1, 0, -1):
        j = below(S, k + 1)
        order[k], order[j] = order[j], order[k]
    pick = draw(S)
    kind = 0
    while kind < len(D.weights) - 1 and pick >= D.weights[kind]:
        kind += 1
    if kind == 0:
        return
    for k in range(1, count):
        t = order[k]
        key = D.keys[kind, t]
        j = k - 1
        while j >= 0 and D.keys[kind, order[j]] > key:
            order[j + 1] = order[j]
            j -= 1
        order[j + 1] = t


@_jit
def cheapest(D, S, t, w):
    """(price, position) of the cheapest place of `t` in route `w`; exact, but only the likeliest are tried."""
    n, m, here = S.info[w, COUNT], D.worker[w, MODE], D.task[t, PLACE]
    rate = D.rate[w]
    plain = D.worker[w, PLAIN] != 0 and D.task[t, TIMED] == 0
    first = D.task[t, FIRST] + D.task[t, DURATION]
    last = D.task[t, LAST]
    open_ = n > 0 or D.worker[w, FROZEN] != 0
    c1, c2, c3 = BIG, BIG, BIG
    p1, p2, p3 = -1, -1, -1
    one = plain or S.mem[TRIED] == 1
    at = D.worker[w, ORIGIN]
    labels = S.labels[w]
    for k in range(n + 1):
        to = D.task[S.seq[w, k], PLACE] if k < n else D.worker[w, END]
        if min(labels[k, 0], labels[k, 1]) > last:
            break
        if max(labels[k, 2], labels[k, 3]) >= first:
            extra = float(D.money[m, at, here] + D.money[m, here, to])
            if rate > 0.0:
                extra += rate * (D.usual[m, at, here] + D.usual[m, here, to])
            if open_:
                extra -= D.money[m, at, to]
                if rate > 0.0:
                    extra -= rate * D.usual[m, at, to]
            if extra < (c1 if one else c3) and fits(D, w, labels, at, to, t, k):
                if extra < c1:
                    c1, c2, c3 = extra, c1, c2
                    p1, p2, p3 = k, p1, p2
                elif extra < c2:
                    c2, c3 = extra, c2
                    p2, p3 = k, p2
                else:
                    c3, p3 = extra, k
        at = to
    if p1 < 0:
        return BIG, -1
    if plain:
        return c1 + D.assign[t, w], p1
    best, best_at = BIG, -1
    line = S.line
    for k in (p1, p2, p3):
        if k < 0:
            break
        for j in range(k):
            line[j] = S.seq[w, j]
        line[k] = t
        for j in range(k, n):
            line[j + 1] = S.seq[w, j]
        cost = priced(D, w, line, n + 1, S.spare2, S.spare, False) - S.cost[w]
        if cost < best:
            best, best_at = cost, k
        if S.mem[TRIED] == 1:
            break
    return best, best_at


@_jit
def recreate(D, S, order, count, blink):
    """Each task of `order` to its cheapest place, unless being absent is cheaper."""
    for i in range(count):
        t = order[i]
        best, best_w, best_at = float(D.task[t, ABSENT]), -1, -1
        S.mem[CLOCK] += 1
        for w in S.mine:
            if D.assign[t, w] < 0:
                continue
            n = S.info[w, COUNT]
            if n >= D.worker[w, ROOM] or (
                D.task[t, DEMAND] and S.info[w, LOAD] + D.task[t, DEMAND] > D.worker[w, CAPACITY]
            ):
                continue
            if n == 0:
                # Of several engineers who are alike, one empty day is enough.
                if S.kind_seen[D.worker[w, KIND]] == S.mem[CLOCK]:
                    continue
                S.kind_seen[D.worker[w, KIND]] = S.mem[CLOCK]
            if blink > 0.0 and draw(S) < blink:
                continue
            if S.seen[t, w] != S.info[w, STAMP]:
                cost, at = cheapest(D, S, t, w)
                S.seen[t, w] = S.info[w, STAMP]
                S.seen_cost[t, w] = cost
                S.seen_at[t, w] = at
            if S.seen_cost[t, w] < best:
                best, best_w, best_at = S.seen_cost[t, w], w, S.seen_at[t, w]
        if best_w >= 0:
            touch(S, best_w)
            n = S.info[best_w, COUNT]
            for k in range(n, best_at, -1):
                S.seq[best_w, k] = S.seq[best_w, k - 1]
            S.seq[best_w, best_at] = t
            S.info[best_w, COUNT] = n + 1
            S.info[best_w, LOAD] += D.task[t, DEMAND]
            absent_drop(S, t)
            S.where[t] = best_w
            renew(D, S, best_w)


@_jit
def restore(S, before):
    """Undo this round; `before` holds the tasks that were absent at its beginning (-1 ends it)."""
    for slot in range(1, S.touched[0] + 1):
        w = S.touched[slot]
        n = S.kept_info[slot - 1, COUNT]
        for k in range(n):
            t = S.kept_seq[slot - 1, k]
            S.seq[w, k] = t
            if S.where[t] == OUT:
                absent_drop(S, t)
            S.where[t] = w
        for k in range(n + 1):
            for c in range(4):
                S.labels[w, k, c] = S.kept_labels[slot - 1, k, c]
        for c in range(3):
            S.info[w, c] = S.kept_info[slot - 1, c]
        S.cost[w] = S.kept_cost[slot - 1]
    k = 0
    while before[k] >= 0:
        if S.where[before[k]] != OUT:
            absent_add(S, before[k])
        k += 1


@_jit
def remember(D, S, w):
    """Put a route into the pool, if its set of tasks is new there or cheaper."""
    n = S.info[w, COUNT]
    if n == 0 or S.mem[POOLED] >= len(S.pool_cost):
        return
    key = D.salt[len(D.task) + D.worker[w, KIND]]
    for k in range(n):
        key ^= D.salt[S.seq[w, k]]
    size = np.uint64(len(S.slots) - 1)
    slot = key & size
    while S.slots[slot] >= 0:
        i = S.slots[slot]
        if S.pool_key[i] == key:
            if S.cost[w] < S.pool_cost[i]:
                S.pool_cost[i] = S.cost[w]
                for k in range(n):
                    S.pool_seq[i, k] = S.seq[w, k]
            return
        slot = (slot + np.uint64(1)) & size
    i = S.mem[POOLED]
    S.mem[POOLED] += 1
    S.slots[slot] = i
    S.pool_key[i] = key
    S.pool_cost[i] = S.cost[w]
    S.pool_info[i, 0], S.pool_info[i, 1] = w, n
    for k in range(n):
        S.pool_seq[i, k] = S.seq[w, k]


@_jit
def keep_best(S):
    """Copy what has changed since the last best solution."""
    for w in S.mine:
        if S.dirty[w]:
            S.dirty[w] = False
            n = S.info[w, COUNT]
            S.best_info[w] = n
            for k in range(n):
                S.best_seq[w, k] = S.seq[w, k]


@_jit
def settle(D, S):
    """Take over the sequences in `S.seq`: labels, prices, absent tasks, sums; the best begins here."""
    for t in S.todo:
        S.where[t] = OUT
    S.mem[ABSENTEES] = 0
    total = 0.0
    for w in S.mine:
        renew(D, S, w)
        S.info[w, LOAD] = 0
        for k in range(S.info[w, COUNT]):
            t = S.seq[w, k]
            S.where[t] = w
            S.info[w, LOAD] += D.task[t, DEMAND]
        total += S.cost[w]
        S.dirty[w] = True
    for t in S.todo:
        if S.where[t] == OUT:
            absent_add(S, t)
            total += D.task[t, ABSENT]
    S.sum[NOW] = S.sum[BEST] = total
    keep_best(S)


@_jit
def construct(D, S):
    """Every task of `S.todo` to its cheapest place in this order, without chance."""
    S.mem[ROUND] += 1
    S.touched[0] = 0
    recreate(D, S, S.todo, len(S.todo), 0.0)
    settle(D, S)


@_jit
def search(D, S, rounds, heat, slope):
    """`rounds` rounds of ruin and recreate; the logarithm of the temperature is heat + slope × round."""
    order, before = S.order, S.before
    if len(S.todo) == 0 or len(S.mine) == 0:
        return
    for r in range(rounds):
        S.mem[ROUND] += 1
        S.touched[0] = 0
        seed = S.todo[below(S, len(S.todo))]
        # Some of the long absent, half of them near the seed.
        tried = 0
        if S.mem[ABSENTEES]:
            wanted = min(RETRIED, S.mem[ABSENTEES])
            if wanted < S.mem[ABSENTEES]:
                for t in D.near[seed, :60]:
                    if tried >= wanted // 2:
                        break
                    if S.where[t] == OUT:
                        before[tried] = t
                        tried += 1
                while tried < wanted:
                    t = S.absent[below(S, S.mem[ABSENTEES])]
                    known = False
                    for k in range(tried):
                        known = known or before[k] == t
                    if not known:
                        before[tried] = t
                        tried += 1
            else:
                for k in range(wanted):
                    before[k] = S.absent[k]
                tried = wanted
        before[tried] = -1
        if draw(S) < TAILS:
            exchange_tails(D, S, seed)
        pick = draw(S)
        if pick < 0.9:
            count = ruin_strings(D, S, seed, order)
        elif pick < 0.97:
            count = ruin_related(D, S, seed, order)
        else:
            count = ruin_route(D, S, seed, order)
        change = 0.0
        for k in range(tried):
            order[count + k] = before[k]
            change -= D.task[before[k], ABSENT]
        count += tried
        arrange(D, S, order, count)
        recreate(D, S, order, count, BLINK)
        for k in range(count):
            if S.where[order[k]] == OUT:
                change += D.task[order[k], ABSENT]
        for slot in range(1, S.touched[0] + 1):
            change += S.cost[S.touched[slot]] - S.kept_cost[slot - 1]
        temperature = math.exp(heat + slope * (S.mem[DONE] + r))
        if change < -temperature * math.log(1.0 - draw(S)):
            S.sum[NOW] += change
            better = S.sum[NOW] < S.sum[BEST] - 1e-6
            for slot in range(1, S.touched[0] + 1):
                w = S.touched[slot]
                S.dirty[w] = True
                if change < -1e-6 or better:
                    remember(D, S, w)
            if better:
                S.sum[BEST] = S.sum[NOW]
                keep_best(S)
        else:
            restore(S, before)
    S.mem[DONE] += rounds


@_entry
def work(D, S, what, rounds, heat, slope):
    """The only door: one piece of compiled code, which Python finds on disk."""
    if what == SETTLE:
        settle(D, S)
    elif what == CONSTRUCT:
        settle(D, S)
        construct(D, S)
    else:
        search(D, S, rounds, heat, slope)
