/* Processes of a script. Each is told its operations through a pipe and answers through another; one at a time does something. */
#include "agent.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 24
#define LINE 4096
/* Longest time for an operation; what takes longer hangs. */
#define LIMIT_MS 30000

/* Pipes exist before the processes do, so that a child has those of its number. */
static int orders[PROCESSES][2], answers[PROCESSES][2];
/* Process ids, in memory that all share: whoever forks fills in the child's. 0: not there. */
static volatile pid_t *pids;

static void send_all(int fd, const char *text, size_t length)
{
	for (ssize_t sent; length > 0; text += sent, length -= sent)
		if ((sent = write(fd, text, length)) <= 0) _exit(98);
}

static void answer_now(int number)
{
	self->answer[self->length++] = '\n';
	send_all(answers[number][1], self->answer, self->length);
}

/* A line without its end; the process ends with its pipe. Nothing is buffered: a child must not have read what is the parent's. */
static void read_order(int number, char *line)
{
	size_t length = 0;
	for (char c; length < LINE - 1; line[length++] = c)
		if (read(orders[number][0], &c, 1) != 1) _exit(0);
		else if (c == '\n') break;
	line[length] = 0;
}

/* The child answers for itself that it is there. @returns the number of the process that this is now. */
static int fork_process(int number, int child)
{
	pid_t pid = fork();
	if (pid == 0) {
		pids[child] = getpid();
		actor_warm();
		self->length = 0;
		say("{\"e\":0}");
		answer_now(child);
		return child;
	}
	if (pid > 0) pids[child] = pid;
	actor_warm();
	self->length = 0;
	answer_result(pid < 0 ? -1 : 0);
	answer_now(number);
	return number;
}

static void run_process(int number)
{
	static char line[LINE];
	struct operation op;
	actor_catch_signals();
	actor_warm();
	for (;;) {
		read_order(number, line);
		if (words_split(line, &op) != 0) continue;
		if (strcmp(op.name, "fork") == 0) {
			number = fork_process(number, word_number(&op, 0, 0) % PROCESSES);
			continue;
		}
		int ends = strcmp(op.name, "exit") == 0;
		if (ends) self->length = 0, say("{\"e\":0}");
		else perform(&op);
		answer_now(number);
		if (ends) _exit(0);
	}
}

static long now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Has it ended? Own children are waited for; those of others go by themselves. */
static int is_gone(int number)
{
	int status;
	return waitpid(pids[number], &status, WNOHANG) == pids[number] || (kill(pids[number], 0) != 0 && errno == ESRCH);
}

static void wait_gone(int number)
{
	for (int i = 0; i < 40000 && !is_gone(number); i++) usleep(500);
	pids[number] = 0;
}

/* What a process answers, into `text`. NULL, or why there is no answer. */
static const char *read_answer(int number, char *text, size_t most)
{
	size_t length = 0;
	for (long end = now_ms() + LIMIT_MS; now_ms() < end;) {
		struct pollfd ready = {answers[number][0], POLLIN, 0};
		if (poll(&ready, 1, 50) <= 0) {
			if (is_gone(number)) return "{\"e\":0,\"died\":1}";
			continue;
		}
		ssize_t part = read(answers[number][0], text + length, most - length - 1);
		if (part <= 0) break;
		length += part;
		if (text[length - 1] != '\n') continue;
		text[length - 1] = 0;
		return NULL;
	}
	return "{\"e\":0,\"hang\":1}";
}

void script_begin(void)
{
	if (pids == NULL) pids = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < PROCESSES; i++) {
		if (pipe(orders[i]) != 0 || pipe(answers[i]) != 0) exit(1);
		fcntl(answers[i][1], F_SETPIPE_SZ, 1 << 20);
		pids[i] = 0;
	}
	klog_skip();
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		pids[0] = getpid();
		run_process(0);
	}
	pids[0] = pid;
}

/* Prints the answer of an operation. A hang is the last of this agent: what hangs in the kernel cannot be ended. */
void script_operation(int number, char *line)
{
	static char text[ANSWER_BYTES + 16], child_text[LINE];
	if (number < 0 || number >= PROCESSES || pids[number] == 0) {
		printf("{\"e\":%d,\"dead\":1}\n", ESRCH);
		return;
	}
	int ends = strcmp(line, "exit") == 0, child = strncmp(line, "fork ", 5) == 0 ? atoi(line + 5) : 0;
	if (child < 0 || child >= PROCESSES || (child != 0 && pids[child] != 0)) {
		printf("{\"e\":%d,\"busy\":1}\n", EBUSY);
		return;
	}
	size_t length = strlen(line);
	line[length] = '\n';
	if (write(orders[number][1], line, length + 1) < 0) perror("agent");
	const char *odd = read_answer(number, text, sizeof text);
	if (odd == NULL && child != 0 && strcmp(text, "{\"e\":0}") == 0) odd = read_answer(child, child_text, sizeof child_text);
	if (ends || (odd != NULL && strstr(odd, "died") != NULL)) wait_gone(number);
	printf("%s\n", odd != NULL ? odd : text);
	if (odd == NULL || strstr(odd, "hang") == NULL) return;
	fflush(stdout);
	_exit(3);
}

void script_end(void)
{
	for (int i = PROCESSES - 1; i >= 0; i--) {
		if (pids[i] != 0) {
			kill(pids[i], SIGKILL);
			wait_gone(i);
		}
		close(orders[i][0]), close(orders[i][1]), close(answers[i][0]), close(answers[i][1]);
	}
}
