/**
 * Imported by the entry of a thread, before anything of the user's is loaded: stdout belongs to the result, and what drivers and
 * scenarios print goes to stderr, however they print it. The console writes to the stream, too.
 */
process.stdout.write = process.stderr.write.bind(process.stderr);
