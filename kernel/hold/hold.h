/* What the agent and the module hmm_lab_hold share. */
#ifndef HOLD_H
#define HOLD_H
#include <linux/ioctl.h>
#include <linux/types.h>

#define MOST_STAGES 24
#define MOST_ACTORS 4
/* A turn at which nobody waits any more. */
#define EVERYBODY 1000u

/* What probes and threads share: a page that both can write. */
struct turns {
	__u32 turn, unused;
	__u32 tid[MOST_ACTORS];	/* of the thread that does an operation; 0: none */
	__u32 count[MOST_STAGES];
	__u32 late[MOST_STAGES];	/* whoever waited there gave up; 1 more than the turn that it was */
	__u64 hit[MOST_STAGES];
};

/* A place in the kernel where a stage ends. */
struct hold_place {
	__u64 address;
	__u64 from, to;		/* only calls made from here; 0: any */
	__u64 wait_ns;		/* longest time to wait */
	__u32 stage, next;	/* the turn that it is, and the one that the thread waits for */
	__u32 actor, times;
	__u32 is_inside;	/* the address is not that of a function */
	__u32 is_return;	/* the function of this address returns */
};

#define HOLD_DEVICE "/dev/hmm_lab_hold"
/* The address of the page of turns, which has to be told first; then each place. To clear, or to close the device, removes the places. */
#define HOLD_SHARE _IOW('h', 0x70, __u64)
#define HOLD_PLACE _IOW('h', 0x71, struct hold_place)
#define HOLD_CLEAR _IO('h', 0x72)
#endif
