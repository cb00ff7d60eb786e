/* Places by the module hmm_lab_hold (kernel/hold), which puts to sleep whoever is held. */
#include "stages.h"
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int fd = -1;
/* The page of turns that the module has been told. */
static struct turns *told;

int hold_is_there(void)
{
	return access(HOLD_DEVICE, R_OK | W_OK) == 0;
}

/* The module takes one page of turns for as long as it is open. */
static int open_hold(void)
{
	u64 page = (u64)turns;
	if (fd >= 0 && told == turns) return 0;
	if (fd >= 0) close(fd);
	fd = open(HOLD_DEVICE, O_RDWR | O_CLOEXEC);
	told = turns;
	return fd < 0 ? -1 : ioctl(fd, HOLD_SHARE, &page);
}

/* 0, or -1 with errno. */
int hold_attach(int i, u64 wait_ns)
{
	const struct stage *stage = &stages[i];
	int done = open_hold();
	for (int site = 0; done == 0 && site < stage->site_count; site++) {
		struct hold_place what = {
			.address = stage->start + stage->sites[site], .from = stage->from, .to = stage->to, .wait_ns = wait_ns, .stage = i,
			.next = next_stage(i), .actor = stage->actor, .times = stage->times, .is_inside = stage->place == AFTER,
			.is_return = stage->place == RETURN,
		};
		done = ioctl(fd, HOLD_PLACE, &what);
	}
	return done;
}

void hold_detach(void)
{
	if (fd >= 0) ioctl(fd, HOLD_CLEAR);
}
