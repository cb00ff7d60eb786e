// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* hmm_lab_hold: holds threads at places in the kernel until it is their turn, asleep, so that they keep no CPU and no interrupts from
 * anybody. A probe cannot sleep. So its handler sends the thread somewhere else: to a stub, which sleeps as if the function had called it,
 * and goes back to the place; there the probe is passed the second time. A thread that may not sleep, as it has a spin lock or interrupts
 * are off, spins in the stub. One that is to be held where a function returns finds the stub in place of the address that it returns to. */
#include "hold.h"
#include <asm/ibt.h>
#include <asm/linkage.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/objtool.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

/* A stage may have several calls in one function. */
#define MOST_PLACES (2 * MOST_STAGES)
/* How many functions a thread may be in that it is to be held in front of the end of. */
#define DEPTH 16
#define LOOK_US 50

struct place {
	struct kprobe probe;
	struct hold_place what;
	pid_t waits;	/* is on its way to the stub */
	pid_t passes;	/* comes back from it, and is not to be stopped again */
};
static struct place places[MOST_PLACES];
static int place_count;

/* Functions that an actor is in, and where they return to. */
static struct inside {
	pid_t thread;
	int depth;
	struct {
		const struct place *place;
		unsigned long *slot, to;
	} calls[DEPTH];
} inside[MOST_ACTORS];

/* The page of turns, of whoever has the device open. */
static DEFINE_MUTEX(lock);
static bool is_open;
static struct page *shared;
static struct turns *turns;

void stub_here(void);
void stub_return(void);
unsigned long hold_here(void);
unsigned long hold_return(void);

/* Saves what a call may change, calls a function, and goes where that says. The stack is then as it was where the thread came from. */
#define STUB(name, function)                                                                                                 \
	asm(".pushsection .text\n.type " #name ", @function\n" #name ":\n" ASM_ENDBR                                             \
		"pushq $0\npushfq\npushq %rax\npushq %rcx\npushq %rdx\npushq %rsi\npushq %rdi\npushq %r8\npushq %r9\npushq %r10\n"   \
		"pushq %r11\ncld\ncall " #function "\nmovq %rax, 80(%rsp)\npopq %r11\npopq %r10\npopq %r9\npopq %r8\npopq %rdi\n"    \
		"popq %rsi\npopq %rdx\npopq %rcx\npopq %rax\npopfq\n" ASM_RET ".size " #name ", . - " #name "\n.popsection\n");      \
	STACK_FRAME_NON_STANDARD(name)

STUB(stub_here, hold_here);
STUB(stub_return, hold_return);

static u32 turn_now(void)
{
	/* Pairs with the stores of the turn, here and in the agent: who sees its turn sees what was done before. */
	return smp_load_acquire(&turns->turn);
}

static void give_turn(u32 turn)
{
	/* Pairs with the loads of the turn, here and in the agent. */
	smp_store_release(&turns->turn, turn);
}

static bool may_sleep(void)
{
	return IS_ENABLED(CONFIG_PREEMPT_COUNT) && !in_atomic() && !irqs_disabled() && rcu_preempt_depth() == 0 &&
	       READ_ONCE(current->__state) == TASK_RUNNING;
}

/* Until it is the turn that the thread waits for, or the time is over; then everybody runs free. */
static void wait_for_turn(const struct hold_place *what)
{
	u64 began = turns->hit[what->stage];
	bool sleeps = may_sleep();
	for (u32 turn; (turn = turn_now()) < what->next;) {
		if (ktime_get_ns() - began > what->wait_ns) {
			turns->late[what->stage] = turn + 1;
			give_turn(EVERYBODY);
		} else if (sleeps) {
			usleep_range(LOOK_US, 2 * LOOK_US);
		} else {
			cpu_relax();
		}
	}
}

/* Does the stage end here and now? Then the turn goes on. */
static bool is_reached(const struct hold_place *what)
{
	if (turn_now() != what->stage || ++turns->count[what->stage] != what->times) return false;
	turns->hit[what->stage] = ktime_get_ns();
	give_turn(what->stage + 1);
	return true;
}

static bool is_actor(const struct hold_place *what)
{
	return READ_ONCE(turns->tid[what->actor]) == current->pid;
}

/* What the stub of a place calls. Returns the place. */
unsigned long hold_here(void)
{
	struct place *place = NULL;
	for (int i = 0; i < place_count; i++)
		if (places[i].waits == current->pid) place = &places[i];
	if (place == NULL) panic("hmm_lab_hold: a thread was sent to a stub by nobody");
	place->waits = 0;
	wait_for_turn(&place->what);
	/* Another stage of this thread may end at the same place, but not before it comes there again. */
	for (int i = 0; i < place_count; i++)
		if (places[i].probe.addr == place->probe.addr && is_actor(&places[i].what)) places[i].passes = current->pid;
	return (unsigned long)place->probe.addr;
}

/* What the stub of a return calls. Returns where the function that was entered last was to return to. */
unsigned long hold_return(void)
{
	struct inside *own = NULL;
	for (int i = 0; i < MOST_ACTORS; i++)
		if (inside[i].thread == current->pid && inside[i].depth > 0) own = &inside[i];
	if (own == NULL) panic("hmm_lab_hold: a function returns that nobody has entered");
	own->depth--;
	const struct hold_place *what = &own->calls[own->depth].place->what;
	unsigned long to = own->calls[own->depth].to;
	if (is_actor(what) && is_reached(what)) wait_for_turn(what);
	return to;
}

/* Puts the stub in place of the address that a function returns to. */
static void enter(const struct place *place, unsigned long *slot)
{
	struct inside *own = &inside[place->what.actor];
	if (own->thread != current->pid) *own = (struct inside){.thread = current->pid};
	/* Whoever comes back from a stub enters for the second time. */
	bool is_back = own->depth > 0 && own->calls[own->depth - 1].slot == slot && own->calls[own->depth - 1].place == place;
	if (is_back || own->depth == DEPTH) return;
	own->calls[own->depth].place = place, own->calls[own->depth].slot = slot, own->calls[own->depth].to = *slot;
	own->depth++;
	*slot = (unsigned long)stub_return;
}

static int at_place(struct kprobe *probe, struct pt_regs *regs)
{
	struct place *place = container_of(probe, struct place, probe);
	const struct hold_place *what = &place->what;
	unsigned long *slot = (unsigned long *)regs->sp;
	/* An interrupt is not what its thread does. A trap counts as one itself. */
	if (!is_actor(what) || (kprobe_ftrace(probe) ? !in_task() : in_serving_softirq())) return 0;
	bool passes = place->passes == current->pid;
	place->passes = 0;
	if (what->to != 0 && (*slot < what->from || *slot >= what->to)) return 0;
	if (what->is_return) enter(place, slot);
	if (what->is_return || passes || !is_reached(what) || what->next == what->stage + 1) return 0;
	place->waits = current->pid;
	regs->ip = (unsigned long)stub_here;
	return 1;
}

/* With such a handler the kernel makes no jump of a trap; one that is a jump cannot be sent elsewhere. */
static void after_place(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static void clear(void)
{
	while (place_count > 0) unregister_kprobe(&places[--place_count].probe);
	memset(inside, 0, sizeof inside);
}

static int add_place(const struct hold_place *what)
{
	struct place *place = &places[place_count];
	if (turns == NULL || place_count == MOST_PLACES || what->stage >= MOST_STAGES || what->actor >= MOST_ACTORS) return -EINVAL;
	memset(place, 0, sizeof *place);
	place->what = *what;
	place->probe.addr = (kprobe_opcode_t *)what->address;
	place->probe.pre_handler = at_place;
	if (what->is_inside) place->probe.post_handler = after_place;
	int error = register_kprobe(&place->probe);
	if (error == 0) place_count++;
	return error;
}

static int share(unsigned long address)
{
	if (turns != NULL) return -EBUSY;
	if (pin_user_pages_fast(address, 1, FOLL_WRITE | FOLL_LONGTERM, &shared) != 1) return -EFAULT;
	turns = page_address(shared);
	return 0;
}

static long hold_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct hold_place what;
	u64 address;
	long result = 0;
	const void __user *from = (const void __user *)argument;
	if (command == HOLD_SHARE && copy_from_user(&address, from, sizeof address)) return -EFAULT;
	if (command == HOLD_PLACE && copy_from_user(&what, from, sizeof what)) return -EFAULT;
	mutex_lock(&lock);
	if (command == HOLD_SHARE) result = share(address);
	else if (command == HOLD_PLACE) result = add_place(&what);
	else if (command == HOLD_CLEAR) clear();
	else result = -ENOTTY;
	mutex_unlock(&lock);
	return result;
}

static int hold_open(struct inode *inode, struct file *file)
{
	mutex_lock(&lock);
	bool was_open = is_open;
	is_open = true;
	mutex_unlock(&lock);
	return was_open ? -EBUSY : 0;
}

/* Threads that are in a stub have the device open, too: by now there are none. */
static int hold_release(struct inode *inode, struct file *file)
{
	mutex_lock(&lock);
	clear();
	if (turns != NULL) unpin_user_page(shared);
	turns = NULL;
	is_open = false;
	mutex_unlock(&lock);
	return 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = hold_open,
	.release = hold_release,
	.unlocked_ioctl = hold_ioctl,
};
static struct miscdevice device = {.minor = MISC_DYNAMIC_MINOR, .name = "hmm_lab_hold", .fops = &operations, .mode = 0600};
module_misc_device(device);
MODULE_DESCRIPTION("Holds threads at places in the kernel until it is their turn");
MODULE_LICENSE("Dual MIT/GPL");
