/*
 * Carousel ring protocol, for Spin. SPDX-License-Identifier: Apache-2.0
 *
 * One producer, NC consumers, one supervisor. Every access to shared memory is a step of its own; what stands
 * inside one STEP() touches shared memory once (a load, a store, a compare-and-swap or a semaphore operation) and
 * otherwise only locals of the process. README.md maps the labels below to the functions of the engine.
 *
 * Configuration (-D):
 *   NC consumers, of which the last LATE join by the join procedure at any moment; the others are attached at 0
 *   N slots, BC blocks
 *   KILL=i     consumer i (i = NC: the producer) may die at any one step
 *   ZOMBIE=i   consumer i may be detached at any one step while it goes on, and may be killed at any later step
 *   CATCHUP    slow consumers are set aside
 *   FINE       every single load and store is a step, also where README.md argues that fewer steps are enough
 *   SLEEPER_CLEARS  consumers' waiting flags too are cleared by who sleeps, not by who rings
 *   RINGER_TAKES    the producer's waiting flag is cleared by who rings, not by the producer
 *   M_...      mutants: one deliberate mistake each
 */

#ifndef NC
#define NC 3
#endif
#ifndef LATE
#define LATE 1
#endif
#ifndef N
#define N 2
#endif
#ifndef BC
#define BC 3
#endif
#ifndef KILL
#define KILL 99
#endif
#ifndef ZOMBIE
#define ZOMBIE 99
#endif
#ifndef MAXSEQ                  /* not assumed: asserted on every publish */
#define MAXSEQ 40
#endif

#ifndef FINE
#define RING_WHOLE              /* exchange and post in one step, for those who cannot die in between */
#endif
#if !defined(FINE) && !defined(CATCHUP)
#define COARSE                  /* README.md, "Fewer steps" */
#endif

#define FREE     0
#define ATTACHED 1
#define ASIDE    2
#define LEFT     3

#ifndef BELLS
#define BELLS 1
#endif
#define RINGP   p_bell = (p_bell < BELLS -> p_bell + 1 : BELLS)
#define RING(i) bell[i] = (bell[i] < BELLS -> bell[i] + 1 : BELLS)

#ifdef M_REUSE
#define GHOST(i) skip
#else
#define GHOST(i) cursor[i] = 0; waiting[i] = 0; bell[i] = 0      /* nobody reads these of one who left: fewer states */
#endif

#define BUSY 255                /* slot sequence while the producer fills the slot */
#define TORN 254                /* slot content half written */
#define SKIP 253                /* slot published without data */

#define ALL     ((1 << BC) - 1)
#define BIT(s)  (1 << ((s) % BC))
#define NEWEST(h) ((h) > 0 -> (h) - 1 : 0)

/* ---- shared memory ---- */
byte head;
byte slot_seq[N] = BUSY;
byte slot_data[N] = TORN;       /* the block whose bytes are in the slot */
#ifdef GROW                     /* fewer slots in play at first than there are; the bytes of a sequence lie where its label says */
byte window = GROW;
byte places;                    /* places ever used */
byte place[N];
#define W window
#define PLACE(label) place[label]
#define TAKE_PLACE \
    if \
    :: places < W -> place[head % N] = places; places++ \
    :: else -> slot_seq[(head - W) % N] = BUSY; place[head % N] = PLACE_FREED \
    fi
#ifdef M_PLACE
#define PLACE_FREED place[(head - W + 1) % N]
#else
#define PLACE_FREED place[(head - W) % N]
#endif
#else
#define W N
#define PLACE(label) (label)
#define TAKE_PLACE skip
#endif

byte state[NC];
byte cursor[NC];
byte need[NC];
bit  waiting[NC];
byte bell[NC];                  /* semaphores */

bit  p_waiting;
byte p_bell;
bit  producer_gone;
bit  finish;

/* ---- what only the operating system and the checks know ---- */
#define RUNNING 0
#define DONE    1               /* exit status 0: has every block */
#define FAILED  2               /* noticed that it was detached, or that the producer is gone */
#define CRASHED 3
byte ended[NC];
byte p_ended;
byte joined[NC];                /* first sequence of the turn */
bit  riding[NC];                /* the join is complete */
bit  struck;                    /* the one death or detachment has happened */
bit  may_kill;                  /* ZOMBIE: detached, so SIGKILL may arrive */

#if KILL < NC
#define MORTAL(id) (id == KILL && !struck)
#elif ZOMBIE < NC
#define MORTAL(id) (id == ZOMBIE && may_kill)
#endif

#ifdef MORTAL
#define DIE :: atomic { MORTAL(id) -> struck = 1; goto died }
#else
#define DIE
#endif
#if KILL == NC
#define PDIE :: atomic { !struck -> struck = 1; goto died }
#else
#define PDIE
#endif
#define STEP(x)  if :: atomic { x } DIE fi
#define PSTEP(x) if :: atomic { x } PDIE fi

#ifdef SLEEPER_CLEARS
#define TAKE(flag)
#else
#define TAKE(flag) flag = 0
#endif
#ifdef RINGER_TAKES
#define TAKEP p_waiting = 0
#else
#define TAKEP
#endif

/* =====================================================================================================  producer */
#ifdef M_GATE
#define LAGS(c)  (head - (c) > W)
#else
#define LAGS(c)  (head - (c) >= W)
#endif
#ifdef M_NEEDBIT
#define WANTS(i, c) ((need[i] & BIT(head)) != 0)
#else
#define WANTS(i, c) ((need[i] & BIT(head)) != 0 && head - (c) < BC)
#endif
#ifdef CATCHUP
#define OTHER_FACTS(i) any = any | (need[i] != 0); attached = 1
#else
#ifdef M_SKIPAHEAD
#define OTHER_FACTS(i) any = any | (need[i] != 0)
#else
#ifdef M_FINISH
#define OTHER_FACTS(i) any = any | (need[i] != 0)
#else
#define OTHER_FACTS(i) skip
#endif
#endif
#endif
#define FORGET  i = 0; lag = 0; want = 0; any = 0; attached = 0; starve = 0

inline wake()                   /* ring every consumer that waits */
{
    do
#if defined(RING_WHOLE) && KILL != NC
    :: atomic { i < NC && waiting[i] -> TAKE(waiting[i]); RING(i); i++ }
#else
    :: atomic { i < NC && waiting[i] -> TAKE(waiting[i]) }
       PSTEP(RING(i); i++)
#endif
    :: atomic { i < NC && !waiting[i] -> i++ }
    :: atomic { i == NC -> i = 0; break }
    PDIE
    od
}

proctype Producer()
{
    byte i;
    bit lag, want, any, attached, starve, armed;
#ifdef FINE
    byte c;
#endif

scan:                           /* gate(): one entry after the other, never a snapshot */
    do
#ifdef FINE
    :: atomic { i < NC && state[i] == ATTACHED -> skip }
       PSTEP(c = cursor[i]; lag = lag | LAGS(c));
#ifdef CATCHUP
       if
       :: c == head -> PSTEP(starve = starve | waiting[i])
       :: else
       fi;
#endif
       PSTEP(want = want | WANTS(i, c); OTHER_FACTS(i); c = 0; i++)
#else
#ifdef CATCHUP
    :: atomic { i < NC && state[i] == ATTACHED && cursor[i] == head -> starve = starve | waiting[i]; want = want | WANTS(i, cursor[i]); OTHER_FACTS(i); i++ }
    :: atomic { i < NC && state[i] == ATTACHED && cursor[i] != head -> lag = lag | LAGS(cursor[i]); want = want | WANTS(i, cursor[i]); OTHER_FACTS(i); i++ }
#else
    :: atomic { i < NC && !lag && state[i] == ATTACHED -> lag = LAGS(cursor[i]); want = want | WANTS(i, cursor[i]); OTHER_FACTS(i); i++ }
    :: atomic { i < NC && lag -> want = 0; i = NC }
#endif
#endif
    :: atomic { i < NC && state[i] == ASIDE -> want = want | ((need[i] & BIT(head)) != 0); any = any | (need[i] != 0); i++ }
    :: atomic { i < NC && (state[i] == FREE || state[i] == LEFT) -> i++ }
    :: i == NC -> break
    PDIE
    od;

    if
#ifdef GROW
    :: atomic { lag && window < N -> FORGET; armed = 0; window++; goto scan }
#endif
#ifdef CATCHUP
    :: atomic { lag && starve -> FORGET; armed = 0; goto set_aside }
#ifdef M_NOPARK
    :: atomic { !(lag && starve) && any && !lag -> any = 0; goto publish }
#else
    :: atomic { !(lag && starve) && any && !lag && attached -> any = 0; goto publish }
    :: atomic { any && !attached && armed -> FORGET; armed = 0; goto park }
#endif
#elif defined(M_SKIPAHEAD)
    :: atomic { any && !lag -> any = 0; goto publish }
#else
    :: atomic { want && !lag -> goto publish }
#endif
#ifdef M_FINISH
    :: atomic { !any -> FORGET; goto over }
#endif
    :: else ->
        if
        :: atomic { !armed -> FORGET; p_waiting = 1; armed = 1; goto rescan }
        :: atomic { armed && !finish -> FORGET; armed = 0; goto sleep }
        :: atomic { armed && finish -> goto over }
        PDIE
        fi
    fi;

rescan:
#ifdef M_NORESCAN
    armed = 0; goto sleep;
#else
    goto scan;                  /* once more, now that a change would ring */
#endif

#ifdef CATCHUP
set_aside:
    do
    :: atomic { i < NC && state[i] == ATTACHED && head - cursor[i] >= W -> skip }
       PSTEP(if :: state[i] == ATTACHED -> state[i] = ASIDE :: else fi; i++)          /* compare and swap */
    :: atomic { i < NC && !(state[i] == ATTACHED && head - cursor[i] >= W) -> i++ }
    :: atomic { i == NC -> i = 0; goto scan }
    PDIE
    od;
park:                           /* only aside consumers are left: wake them, they attach again */
    wake();
#endif

sleep:
    PSTEP(p_bell > 0 -> p_bell--);
#ifndef RINGER_TAKES
    PSTEP(p_waiting = 0);
#endif
    goto scan;

publish:
    atomic { any = want; lag = 0; want = 0; attached = 0; starve = 0; armed = 0; i = 0 }
    PSTEP(slot_seq[head % N] = BUSY; TAKE_PLACE;
#if defined(CATCHUP) || defined(FINE)
    );
    PSTEP(
#endif
          slot_data[PLACE(head % N)] = TORN;
          do
          :: i < NC -> assert(!(state[i] == ATTACHED && riding[i] && head - cursor[i] >= W)); i++
          :: else -> i = 0; break
          od;
#if !defined(COARSE) || KILL == NC || ZOMBIE < NC
    );
    PSTEP(
#endif
          slot_data[PLACE(head % N)] = (any -> head % BC : SKIP); any = 0;
#if defined(CATCHUP) || defined(FINE)
    );
    PSTEP(
#endif
          slot_seq[head % N] = head;
#ifndef COARSE
    );
    PSTEP(
#endif
          assert(head < MAXSEQ); head = head + 1);
    wake();
    goto scan;

over:
    atomic { FORGET; armed = 0; p_ended = DONE; goto out }
died:
    atomic { FORGET; armed = 0; any = 0; p_ended = CRASHED }
out: skip
}

/* =====================================================================================================  consumer */
#ifdef CATCHUP
#define LEAVE state[me] = LEFT
#else                           /* one full turn, no more, no less */
#define LEAVE assert(cursor[me] == joined[id] + BC); state[me] = LEFT
#endif
#ifdef COARSE
#define WHOLE (id != ZOMBIE)    /* uses a slot in one step: nothing can happen to it meanwhile, the producer asserts that */
#else
#define WHOLE false
#endif
#define SLOT (cursor[me] % N)

/* me: entry in the table; id: the process */
proctype Consumer(byte me, id)
{
    bit good, again;
#ifdef CATCHUP
    byte q, seen, seq, at;
    bit torn;
#endif
    byte h;

    if
    :: id < NC - LATE -> atomic { again = 1; riding[id] = 1; goto ride }
    :: else
    fi;
#ifdef M_REUSE
    if
    :: id == NC - 1 -> may_kill && state[me] == LEFT; STEP(need[me] = ALL); STEP(state[me] = FREE)
    :: else
    fi;
#endif

join:
    STEP(h = NEWEST(head));
    STEP(cursor[me] = h; joined[id] = h; h = 0);
    if
#ifdef M_JOINSTORE
    :: atomic { state[me] = ATTACHED }
#else
    :: atomic { state[me] == (again -> ASIDE : FREE) -> state[me] = ATTACHED }         /* compare and swap */
    :: atomic { state[me] == LEFT -> goto fail }
#endif
    DIE
    fi;
    again = 1;
#ifndef M_NOREREAD
    STEP(h = NEWEST(head));
    STEP(cursor[me] = h; joined[id] = h; h = 0; riding[id] = 1);
#endif
    goto ring;

ride:
    if
    :: atomic { need[me] == 0 -> LEAVE; goto left }
    :: atomic { need[me] != 0 && head == cursor[me] -> goto starve }
#ifdef COARSE
    :: atomic { WHOLE && need[me] != 0 && head != cursor[me] && (need[me] & BIT(cursor[me])) != 0 && slot_data[PLACE(SLOT)] != SKIP ->
                assert(state[me] == ATTACHED && slot_seq[SLOT] == cursor[me] && slot_data[PLACE(SLOT)] == cursor[me] % BC);
                need[me] = need[me] & ~BIT(cursor[me]); cursor[me] = cursor[me] + 1; goto ring }
    :: atomic { WHOLE && need[me] != 0 && head != cursor[me] && (need[me] & BIT(cursor[me])) != 0 && slot_data[PLACE(SLOT)] == SKIP -> goto pass }
#endif
    :: atomic { !WHOLE && need[me] != 0 && head != cursor[me] && (need[me] & BIT(cursor[me])) != 0 -> goto use }
    :: atomic { need[me] != 0 && head != cursor[me] && (need[me] & BIT(cursor[me])) == 0 -> goto pass }
    DIE
    fi;

use:
    if
    :: atomic { slot_seq[SLOT] != cursor[me] -> goto lost }
#if defined(CATCHUP) || defined(FINE)
    :: atomic { slot_seq[SLOT] == cursor[me] -> skip }
    DIE
    fi;
    if
    :: atomic { slot_data[PLACE(SLOT)] == SKIP -> goto pass }
    :: atomic { slot_data[PLACE(SLOT)] != SKIP -> good = (slot_data[PLACE(SLOT)] == cursor[me] % BC) }
#else
    :: atomic { slot_seq[SLOT] == cursor[me] && slot_data[PLACE(SLOT)] == SKIP -> goto pass }
    :: atomic { slot_seq[SLOT] == cursor[me] && slot_data[PLACE(SLOT)] != SKIP -> good = (slot_data[PLACE(SLOT)] == cursor[me] % BC) }
#endif
    DIE
    fi;
    /* the device is being written straight from the slot: it is read in pieces, meanwhile anything may happen */
    STEP(good = good & (slot_data[PLACE(SLOT)] == cursor[me] % BC));
#ifndef M_NORECHECK
    if
    :: atomic { state[me] == LEFT -> good = 0; goto fail }
    :: atomic { state[me] == ASIDE -> good = 0; goto aside }
    :: atomic { state[me] == ATTACHED -> assert(good); good = 0 }
    DIE
    fi;
#else
    atomic { assert(good); good = 0 }
#endif
    STEP(need[me] = need[me] & ~BIT(cursor[me]));
pass:
    STEP(cursor[me] = cursor[me] + 1);
ring:
    if
#ifdef RING_WHOLE
    :: atomic { p_waiting && id != KILL && id != ZOMBIE -> TAKEP; RINGP; goto ride }
    :: atomic { p_waiting && (id == KILL || id == ZOMBIE) -> TAKEP }
#else
    :: atomic { p_waiting -> TAKEP }                                         /* exchange */
#endif
    :: atomic { !p_waiting -> goto ride }
    DIE
    fi;
    STEP(RINGP);
    goto ride;

starve:
    STEP(waiting[me] = 1);
#ifndef M_NORECHECKHEAD
    if
    :: atomic { head != cursor[me] -> goto ride }
    :: atomic { head == cursor[me] -> skip }
    DIE
    fi;
#endif
#if KILL == NC                  /* never set otherwise */
    if
    :: atomic { producer_gone -> goto fail }
    :: atomic { !producer_gone -> skip }
    DIE
    fi;
#endif
#if (ZOMBIE < NC || !defined(COARSE)) && !defined(M_STARVENOSTATE)
    if
    :: atomic { state[me] == LEFT -> goto fail }
    :: atomic { state[me] == ASIDE -> goto aside }
    :: atomic { state[me] == ATTACHED -> skip }
    DIE
    fi;
#endif
#if defined(CATCHUP) && !defined(M_STARVESILENT)
    if
#ifdef RING_WHOLE
    :: atomic { p_waiting && id != KILL && id != ZOMBIE -> TAKEP; RINGP; goto doze }
    :: atomic { p_waiting && (id == KILL || id == ZOMBIE) -> TAKEP }
#else
    :: atomic { p_waiting -> TAKEP }
#endif
       STEP(RINGP)
    :: atomic { !p_waiting -> skip }
    DIE
    fi;
#endif
doze:
    STEP(bell[me] > 0 -> bell[me]--);
#ifdef SLEEPER_CLEARS
    STEP(waiting[me] = 0);
#endif
    goto ride;

lost:                           /* the slot is not ours any more: lawful only if we were put off the ring */
    if
    :: atomic { state[me] == LEFT -> goto fail }
    :: atomic { state[me] == ASIDE -> goto aside }
    :: atomic { state[me] == ATTACHED -> assert(false) }
    DIE
    fi;

aside:
#ifdef CATCHUP
    atomic { riding[id] = 0; q = 0; seen = 0; seq = 0; torn = 0; good = 0 }
    if
    :: atomic { need[me] == 0 -> LEAVE; goto left }
    :: atomic { need[me] != 0 && state[me] == LEFT -> goto fail }
    :: atomic { need[me] != 0 && state[me] != LEFT -> skip }
    DIE
    fi;
    do                          /* is anybody attached? */
    :: atomic { q < NC && state[q] == ATTACHED -> q = 0; break }
    :: atomic { q < NC && state[q] != ATTACHED -> q++ }
    :: atomic { q == NC -> q = 0; goto join }
    DIE
    od;
    STEP(seen = head);
    do
    :: atomic { q < N && (slot_seq[q] == BUSY || (need[me] & BIT(slot_seq[q])) == 0) -> q++ }
    :: atomic { q < N && slot_seq[q] != BUSY && (need[me] & BIT(slot_seq[q])) != 0 -> seq = slot_seq[q] }
       if                       /* copy in two pieces, then validate */
       :: atomic { slot_data[PLACE(q)] == SKIP -> seq = 0; q++ }
       :: atomic { slot_data[PLACE(q)] != SKIP -> at = PLACE(q); torn = (slot_data[at] != seq % BC) }
          STEP(torn = torn | (slot_data[at] != seq % BC); at = 0);
#ifndef M_ASIDENOVALID
          if
          :: atomic { slot_seq[q] == seq -> skip }
          :: atomic { slot_seq[q] != seq -> goto aside }
          DIE
          fi;
#endif
          atomic { assert(!torn); torn = 0 }
          STEP(need[me] = need[me] & ~BIT(seq));
          goto aside
       DIE
       fi
    :: atomic { q == N -> q = 0; break }
    DIE
    od;
    STEP(waiting[me] = 1);
    if
    :: atomic { head == seen -> seen = 0 }
    :: atomic { head != seen -> goto aside }
    DIE
    fi;
    if
    :: atomic { producer_gone -> goto fail }
    :: atomic { !producer_gone -> skip }
    DIE
    fi;
#ifndef M_ASIDENORECHECK
    do                          /* is somebody still attached, now that we would be rung? */
    :: atomic { q < NC && state[q] == ATTACHED -> q = 0; break }
    :: atomic { q < NC && state[q] != ATTACHED -> q++ }
    :: atomic { q == NC -> goto aside }
    DIE
    od;
#endif
    STEP(bell[me] > 0 -> bell[me]--);
    goto aside;
#else
    assert(false);
#endif

left:
#ifndef M_LEAVENOPOST
    STEP(RINGP);
#endif
    atomic { riding[id] = 0; ended[id] = DONE; GHOST(me); goto out }
fail:
    STEP(state[me] = LEFT);
    STEP(RINGP);
    atomic { riding[id] = 0; ended[id] = FAILED; GHOST(me); goto out }
died:
    atomic {
        riding[id] = 0; good = 0; h = 0;
#ifdef CATCHUP
        q = 0; seen = 0; seq = 0; torn = 0;
#endif
        ended[id] = CRASHED
    }
out: skip
}

/* ===================================================================================================  supervisor */
#ifdef M_REUSE
#define ENTRY(i) (i == NC - 1 -> 0 : i)
#else
#define ENTRY(i) i
#endif
#define OVER(i) (ended[i] == DONE || ended[i] == FAILED)

proctype Supervisor()
{
    byte i;
#if KILL < NC
    if
    :: ended[KILL] == CRASHED ->        /* detach() */
        atomic { state[KILL] = LEFT; GHOST(KILL) }
#ifndef M_DETACHNOPOST
#ifdef M_POSTIFWAITING
        if
        :: p_waiting -> p_waiting = 0; RINGP
        :: else
        fi
#else
        RINGP
#endif
#endif
    :: OVER(KILL)
    fi;
#elif ZOMBIE < NC
    if
    :: true ->                          /* hung, as far as we can tell: detach() */
        state[ZOMBIE] = LEFT;
        RINGP;
        may_kill = 1;
        if
        :: ended[ZOMBIE] == CRASHED ->  /* reaped */
#ifndef M_NOREAPPOST
            RINGP
#else
            skip
#endif
        :: OVER(ZOMBIE)
        fi
#ifndef M_REUSE
    :: OVER(ZOMBIE)
#endif
    fi;
#elif KILL == NC
    if
    :: p_ended == CRASHED ->
        producer_gone = 1;
        do
        :: i < NC ->
#ifdef M_GONENOPOST
            if
            :: waiting[i] -> RING(i)
            :: else
            fi;
#else
            RING(i);
#endif
            i++
        :: else -> break
        od
    :: (ended[0] != RUNNING && ended[1] != RUNNING && ended[NC - 1] != RUNNING)
    fi;
#endif
    atomic {
        (ended[0] != RUNNING && ended[1] != RUNNING && ended[NC - 1] != RUNNING);
        finish = 1
    }
    RINGP;
    p_ended != RUNNING;

    d_step {
        byte most = 0;
        for (i : 0 .. NC - 1) {
            if
            :: ended[i] == DONE && need[ENTRY(i)] != 0 -> assert(false)
            :: ended[i] == FAILED -> assert(i == ZOMBIE || p_ended == CRASHED)
            :: ended[i] == CRASHED -> assert(i == KILL || i == ZOMBIE)
            :: else
            fi;
            if
            :: joined[i] > most -> most = joined[i]
            :: else
            fi
        }
#if !defined(CATCHUP) && KILL == 99 && ZOMBIE == 99 && !defined(M_SKIPAHEAD)
        assert(head == most + BC)       /* the source is read no more often than the last joiner asks for */
#else
        assert(p_ended == CRASHED || finish)
#endif
    }
}

init {
    byte i;
    d_step {
        for (i : 0 .. NC - 1) {
            need[i] = ALL;
            if
            :: i < NC - LATE -> state[i] = ATTACHED
            :: else
            fi
        }
        i = 0
    }
    atomic {
        run Supervisor();
        run Producer();
        do
        :: i < NC ->
#ifdef M_REUSE
            run Consumer((i == NC - 1 -> 0 : i), i);
#else
            run Consumer(i, i);
#endif
            i++
        :: else -> break
        od;
        i = 0
    }
}
