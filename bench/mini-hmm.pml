/* mini-hmm for SPIN: NF faulters and one actor that invalidates NI times. docs/explore.md, "Speed", says how it is run.
 * What lies between two points of the lab's scenario is one atomic step here, too. */
#ifndef NF
#define NF 2
#endif
#ifndef NI
#define NI 2
#endif

byte seq = 0, pte = 1, dev = 0, done = 0;
byte lock = 255; /* its holder, 255 for nobody */

proctype Fault(byte id)
{
  byte seen, page;

retry:
  atomic { !(seq & 1) -> seen = seq };
  page = pte;
  atomic { lock == 255 -> lock = id };
  if
  :: seq != seen -> lock = 255; seen = 0; page = 0; goto retry
  :: else -> skip
  fi;
  atomic { dev = page; lock = 255; done++ }
}

proctype Invalidate()
{
  byte i = 0;

  do
  :: i < NI ->
    seq++;
    atomic { lock == 255 -> lock = 200 };
    atomic { dev = 0; lock = 255 };
    pte = 2 + i;
    seq++;
    i++
  :: else -> break
  od;
  done++
}

init {
  byte id = 0;

  atomic { do :: id < NF -> run Fault(id); id++ :: else -> break od; run Invalidate() };
  done == NF + 1;
  assert(dev == 0 || dev == pte)
}
