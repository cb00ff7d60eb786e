/* What the kernel complains of meanwhile: the lines of its log that begin with WARNING or BUG. */
#include "agent.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int log_fd = -1;

void klog_open(void)
{
	log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

/* The next record, from its text on; NULL when there is none. EPIPE: some were overwritten, and the next ones are there. */
static char *next_record(void)
{
	static char record[8192];
	ssize_t length;
	while ((length = read(log_fd, record, sizeof record - 1)) > 0 || (length < 0 && errno == EPIPE)) {
		if (length < 0) continue;
		record[length] = 0;
		char *text = strchr(record, ';');
		if (text == NULL) continue;
		text[strcspn(text, "\n")] = 0;
		return text + 1;
	}
	return NULL;
}

void klog_skip(void)
{
	while (log_fd >= 0 && next_record() != NULL) {}
}

/* `["WARNING: ...",...]` */
void klog_say(void)
{
	const char *comma = "";
	say("[");
	for (char *text; log_fd >= 0 && (text = next_record()) != NULL;) {
		if (strncmp(text, "WARNING:", 8) != 0 && strncmp(text, "BUG:", 4) != 0) continue;
		say("%s", comma);
		say_text(text);
		comma = ",";
	}
	say("]");
}
