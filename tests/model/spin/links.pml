/* The links protocol of rulings.md S8 (runtime/process/links.hpp, context.cpp, exit.cpp) between two processes.
 *
 * Every side runs every script of at most OPS operations from {link, unlink} in every order with the handling of inbound
 * signals, and may end at any time: EXITS = 0 nobody, 1 the first, 2 both; normally or abnormally. Queues are FIFO. A send
 * is find (is the peer published?) and push, with anything in between: the peer may then be a zombie, which answers.
 * Both sides trap links; a counted LINK_DOWN is an event (TRAP = 0: it ends the process abnormally instead).
 *
 * SETTLE = 0: the exit leaves its unread queue to the zombie; right as well.
 *
 * BUG: 0 none
 *      1 unlink does not drain its queue first
 *      2 UNLINK carries no ids: it removes the whole entry
 *      3 LINK_DOWN counts without an entry
 *      4 dead, not zombie: a LINK that was pushed after the end is dropped
 *      5 a link whose push found nobody is not taken back
 *      6 a zombie that failed answers LINK by UNLINK
 *      7 UNLINK carries only the sender's own id
 *      8 LINK_DOWN does not remove the entry
 *
 * spin is sequentially consistent; the queues' memory order is the business of tests/model/mailbox_suite.cpp.
 */
#ifndef OPS
#define OPS 2
#endif
#ifndef EXITS
#define EXITS 0
#endif
#ifndef BUG
#define BUG 0
#endif
#ifndef TRAP
#define TRAP 1
#endif
#ifndef SETTLE
#define SETTLE 1
#endif
#define QLEN 12

mtype = { LINK, UNLINK, DOWN };

chan q[2] = [QLEN] of { mtype, byte, byte };
byte mine[2];        /* the entry for the peer: id of the instance this side made */
byte theirs[2];      /* id of the instance the peer made */
byte next_id = 1;
bool published[2] = true;
bool failed[2];      /* ended abnormally */
bool ended[2];

/* What the specification promises, written down beside the protocol. */
byte down[2];        /* LINK_DOWNs counted */
bool owed[2];        /* a LINK_DOWN was queued while an entry was there: it must count (spec 1.8, 5.13) */
bool trying[2];      /* a link() whose LINK is not pushed yet: its instance is taken back if nobody is there */
bool looked[2];      /* an unlink has seen its queue empty: from here on nothing is owed */
bool calm[2];        /* unlinked, and nobody linked since: a LINK_DOWN queued later must not count */
bool linked[2];      /* this side's LINK is with the peer, and nobody unlinked since */

#define ENTRY(p) (mine[p] != 0 || theirs[p] != 0)

inline push(to, kind, first, second) {
  atomic {
    assert(nfull(q[to]));
    if
    :: kind == DOWN && !ended[to] && !looked[to] && (theirs[to] != 0 || (mine[to] != 0 && !trying[to])) -> owed[to] = true
    :: kind == LINK -> linked[1 - to] = true; trying[1 - to] = false
    :: else
    fi;
    q[to]!kind(first, second)
  }
}

/* find and push: two steps */
inline deliver(peer_of, what, arg1, arg2, result) {
  if
  :: published[peer_of] -> push(peer_of, what, arg1, arg2); result = true
  :: else -> result = false
  fi
}

inline handle_one() {
  q[p]?k(x, y);
  atomic {
    if
    :: k == LINK -> theirs[p] = x; calm[p] = false
    :: k == UNLINK ->
       if
       :: BUG == 2 -> mine[p] = 0; theirs[p] = 0
       :: else ->
          if :: x != 0 && theirs[p] == x -> theirs[p] = 0 :: else fi;
          if :: y != 0 && mine[p] == y -> mine[p] = 0 :: else fi
       fi
    :: k == DOWN ->
       if
       :: ENTRY(p) || BUG == 3 ->
          assert(!calm[p]);
          if :: BUG != 8 -> mine[p] = 0; theirs[p] = 0 :: else fi;
          down[p]++;
          assert(down[p] <= 1);
          if :: !TRAP -> dies = true :: else fi
       :: else
       fi
    fi;
    x = 0; y = 0; k = 0
  }
}

proctype process(byte p; bool may_exit) {
  byte peer = 1 - p;
  byte n, x, y, a, b;
  mtype k;
  bool ok, dies, bad;

live:
  do
  :: dies -> bad = true; goto leave
  :: !dies && n < OPS ->                       /* link */
     n++;
     if
     :: mine[p] != 0 -> skip                   /* already: true */
     :: mine[p] == 0 && !published[peer] -> skip  /* NOT_FOUND */
     :: mine[p] == 0 && published[peer] ->
        atomic { a = next_id; next_id++; mine[p] = a; calm[p] = false; trying[p] = true };
        deliver(peer, LINK, a, 0, ok);
        if
        :: !ok && BUG != 5 -> mine[p] = 0
        :: else
        fi;
        a = 0; ok = false; trying[p] = false
     fi
  :: !dies && n < OPS ->                       /* unlink */
     n++;
     do
     :: BUG != 1 && nempty(q[p]) -> handle_one()
     :: atomic { BUG == 1 || empty(q[p]) -> looked[p] = true; linked[0] = false; linked[1] = false; break }
     od;
     if
     :: ENTRY(p) && !dies ->
        atomic {
          a = mine[p]; b = theirs[p]; mine[p] = 0; theirs[p] = 0;
          calm[p] = true;
          if :: BUG == 7 -> b = 0 :: else fi
        };
        deliver(peer, UNLINK, a, b, ok);
        a = 0; b = 0; ok = false
     :: else
     fi;
     looked[p] = false
  :: !dies && n < OPS -> n = OPS               /* a shorter script */
  :: !dies && nempty(q[p]) -> handle_one()
  :: !dies && may_exit -> bad = true; goto leave
  :: !dies && may_exit -> bad = false; goto leave
  :: !dies && n == OPS && empty(q[p]) ->       /* idle until something comes */
end_idle:
     if
     :: nempty(q[p])
     :: may_exit -> goto leave
     fi
  od;

leave:                                          /* exit.cpp (a), (e), (f) */
  atomic { published[p] = false; failed[p] = bad; ended[p] = true };
  do                                            /* settle_queue(): what lies unread goes into the table first */
  :: SETTLE && nempty(q[p]) ->
     q[p]?k(x, y);
     atomic {
       if
       :: k == LINK -> theirs[p] = x
       :: k == UNLINK ->
          if :: x != 0 && theirs[p] == x -> theirs[p] = 0 :: else fi;
          if :: y != 0 && mine[p] == y -> mine[p] = 0 :: else fi
       :: else
       fi;
       x = 0; y = 0; k = 0
     }
  :: !SETTLE || empty(q[p]) -> break
  od;
  if
  :: ENTRY(p) && bad -> deliver(peer, DOWN, 0, 0, ok)
  :: ENTRY(p) && !bad -> deliver(peer, UNLINK, mine[p], theirs[p], ok)
  :: else
  fi;
  atomic { mine[p] = 0; theirs[p] = 0; ok = false };

zombie:                                         /* (g) */
  do
  :: true ->
end_zombie:
     q[p]?k(x, y);
     if
     :: k == LINK && BUG != 4 ->
        if
        :: bad && BUG != 6 -> deliver(peer, DOWN, 0, 0, ok)
        :: else -> deliver(peer, UNLINK, 0, x, ok)
        fi
     :: else
     fi;
     atomic { x = 0; y = 0; ok = false; k = 0 }
  od
}

/* Nothing moves any more: all scripts are over, all queues empty. */
proctype observer() {
  byte p, o;
  timeout;
  atomic {
    if
    :: !ended[0] && !ended[1] ->                /* the two tables agree, instance by instance */
       assert(mine[0] == theirs[1] && mine[1] == theirs[0])
    :: else
    fi;
    p = 0;
    do
    :: p < 2 ->
       o = 1 - p;
       if
       :: !ended[p] ->
          assert(!owed[p] || down[p] == 1);     /* queued is delivered */
          if
          :: ended[o] ->
             assert(!ENTRY(p));                 /* no link to a dead process stays */
             assert(!(failed[o] && (linked[0] || linked[1])) || down[p] == 1);  /* a link that was made is told, once */
             assert(failed[o] || down[p] == 0)  /* a normal end tells nothing */
          :: else -> assert(down[p] == 0)
          fi
       :: else
       fi;
       p++
    :: else -> break
    od
  }
}

init {
  atomic {
    run process(0, EXITS >= 1);
    run process(1, EXITS >= 2);
    run observer()
  }
}
