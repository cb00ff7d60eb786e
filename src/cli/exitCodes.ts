/** What the program ends with; docs/explore.md and `hmm-lab --help` list them. */

export const EXIT_VIOLATION = 1;
export const EXIT_USAGE = 2;
/** Too little was seen to say anything. */
export const EXIT_INVALID = 3;
/** A failure of the lab itself (EX_SOFTWARE of sysexits.h): it must not look like a violation. */
export const EXIT_FAILURE = 70;
/** After Ctrl-C; 143 after SIGTERM and 129 after SIGHUP. */
export const EXIT_INTERRUPTED = 130;
