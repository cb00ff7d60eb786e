/* What `hmm-lab reproduce --emit` adds to the agent: it runs the race of a file without the lab, and says what is wrong in the rounds. What
 * may be seen is what the rounds before the last three kinds show, in which one actor comes after another.
 *
 *     reproducer FILE [ROUNDS]
 */
#include "../agent.h"
#include "../stages.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_TEXT 4096
#define MOST_ORDERS 24
#define KINDS 3
/* Values that a round shows: two of each page, and what each actor has read. */
#define PAGES 8
#define READ 8
#define PLACES (2 * PAGES + MOST_ACTORS * READ)

static char *texts[MOST_TEXT];
static int text_count, kind_count;
/* Of each actor: how many operations it has, and does what it answers say what it has read? */
static int operations[MOST_ACTORS], reads[MOST_ACTORS];
static char page_names[PAGES][32];
static int page_count;

static struct {
	int count;
	u64 values[MOST_ORDERS];
} allowed[PLACES];

static int starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* The lines of a file, for the agent. The last three kinds of rounds are as many as the second argument says. */
static void read_file(const char *path, const char *rounds)
{
	FILE *file = fopen(path, "re");
	char line[512];
	if (file == NULL) {
		perror(path);
		exit(2);
	}
	while (fgets(line, sizeof line, file) && text_count < MOST_TEXT) {
		line[strcspn(line, "\n")] = 0;
		texts[text_count++] = strdup(line);
		if (starts(line, "rounds ")) kind_count++;
		if (starts(line, "actor ")) {
			int actor = atoi(line + 6) % MOST_ACTORS;
			operations[actor]++, reads[actor] = !starts(strchr(line + 6, ' ') + 1, "cw ");
		}
		if (starts(line, "look ") && page_count < PAGES) snprintf(page_names[page_count++], sizeof page_names[0], "%.31s", strrchr(line, ' ') + 1);
	}
	fclose(file);
	for (int i = text_count - 1, kind = 0; rounds != NULL && i >= 0 && kind < KINDS; i--)
		if (starts(texts[i], "rounds ")) {
			char mode[16], text[64];
			sscanf(texts[i], "rounds %15s", mode);
			snprintf(text, sizeof text, "rounds %s %d", mode, atoi(rounds) * (*mode == 's' ? 2 : 1));
			texts[i] = strdup(text), kind++;
		}
}

/* The number after a name; 0 if there is none. */
static int number_after(const char *at, const char *name, u64 *value)
{
	if (at == NULL || (at = strstr(at, name)) == NULL || !isdigit((unsigned char)at[strlen(name)])) return 0;
	*value = strtoull(at + strlen(name), NULL, 10);
	return 1;
}

static void see(int place, u64 value, int learn, char *wrong)
{
	int known = 0;
	for (int i = 0; i < allowed[place].count; i++) known |= allowed[place].values[i] == value;
	if (learn && !known && allowed[place].count < MOST_ORDERS) allowed[place].values[allowed[place].count++] = value;
	if (learn || known || allowed[place].count == 0 || *wrong) return;
	if (place < 2 * PAGES) sprintf(wrong, "the page at %s is %lu for %s", page_names[place / 2], value, place % 2 ? "the CPU" : "the device");
	else sprintf(wrong, "value %d that actor %d reads is %lu", (place - 2 * PAGES) % READ + 1, (place - 2 * PAGES) / READ, value);
	sprintf(wrong + strlen(wrong), ", and %lu when one actor comes after another", allowed[place].values[0]);
}

/* What each actor has read, where each does one operation: of more, the order of the actors does not say it. */
static void see_reads(const char *line, int learn, char *wrong)
{
	const char *at = strstr(line, "\"answers\":["), *end = strstr(line, "\"looks\":[");
	for (int actor = 0; actor < MOST_ACTORS; actor++)
		if (operations[actor] > 1) return;
	for (int actor = 0; at != NULL && actor < MOST_ACTORS && (at = strstr(at + 1, "[{")) != NULL && at < end; actor++) {
		const char *closes = strchr(at, '}'), *list = strstr(at, "\"v\":[");
		if (!reads[actor] || list == NULL || list > closes) continue;
		list += 5;
		for (int i = 0; i < READ && isdigit((unsigned char)*list); i++) {
			char *next;
			see(2 * PAGES + actor * READ + i, strtoull(list, &next, 10), learn, wrong);
			list = *next == ',' ? next + 1 : next;
		}
	}
}

/* What is wrong in a round goes into `wrong`, which is empty if nothing is. */
static void judge(const char *line, int learn, char *wrong)
{
	const char *look = strstr(line, "\"looks\":[");
	*wrong = 0;
	for (int page = 0; look != NULL && page < page_count && (look = strchr(look, '{')) != NULL; page++) {
		u64 value;
		char text[512];
		snprintf(text, sizeof text, "%.*s", (int)strcspn(look, "}"), look);
		if (number_after(text, "\"device\":", &value)) see(2 * page, value, learn, wrong);
		if (number_after(text, "\"cpu\":", &value)) see(2 * page + 1, value, learn, wrong);
		for (const char *mark = text; (mark = strstr(mark, "[\"")) != NULL; mark++) {
			char side[16];
			u64 wrote, read;
			if (sscanf(mark, "[\"%15[a-z]\",%lu,%lu", side, &wrote, &read) != 3 || wrote == read || *wrong) continue;
			sprintf(wrong, "afterwards %s writes %lu to the page at %s, and the other side reads %lu", *side == 'c' ? "the CPU" : "the device", wrote,
				page_names[page], read);
		}
		look++;
	}
	see_reads(line, learn, wrong);
}

/* Reads what the rounds of one kind come to, and says it. @returns how many were wrong; -1 when the agent ended. */
static int follow(FILE *from, const char *mode, int learn)
{
	static char line[1 << 20], wrong[1024], first[1024];
	int rounds = 0, taken = 0, bad = 0;
	*first = 0;
	while (fgets(line, sizeof line, from)) {
		if (starts(line, "{\"refused\"")) {
			fprintf(stderr, "%s", line);
			exit(2);
		}
		if (starts(line, "{\"rounds\"")) {
			if (learn) return 0;
			printf("%-7s %d rounds, ", mode, rounds);
			if (*mode == 'a') printf("taken %d, ", taken);
			printf("wrong %d%s%s\n", bad, *first ? ": " : "", first);
			fflush(stdout);
			return bad;
		}
		if (starts(line, "{\"probed\"")) continue;
		rounds++, taken += strstr(line, "\"taken\":1") != NULL;
		if (starts(line, "{\"round\":0")) sprintf(wrong, "the process of the round ended by itself");
		else judge(line, learn, wrong);
		if (*wrong) bad++;
		if (*wrong && !*first) strcpy(first, wrong);
	}
	return -1;
}

int main(int count, char **words)
{
	int ends[2];
	if (count < 2 || pipe(ends) != 0) return 2;
	read_file(words[1], count > 2 ? words[2] : NULL);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		close(ends[0]), close(ends[1]);
		self = actor_new((void *)0x200000000000UL);
		for (int i = 0; i < SLOTS; i++) devices[i] = files[i] = pipes[i][0] = pipes[i][1] = -1;
		for (int i = 0; i < text_count; i++) race_line(texts[i]);
		fflush(stdout);
		_exit(0);
	}
	close(ends[1]);
	FILE *from = fdopen(ends[0], "r");
	int aimed = 0;
	for (int i = 0, kind = 0; i < text_count; i++) {
		char mode[16];
		if (sscanf(texts[i], "rounds %15s", mode) != 1) continue;
		int bad = follow(from, mode, kind++ < kind_count - KINDS);
		if (bad < 0) return 2;
		if (*mode == 'a') aimed += bad;
	}
	return aimed > 0;
}
