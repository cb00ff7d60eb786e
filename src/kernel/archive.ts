/** An initial file system for a kernel: an archive in the one format that Linux unpacks by itself, cpio "newc". */

/** What is in it. A folder has no content. */
export interface Entry {
  readonly name: string;
  readonly content: Buffer | null;
}

const MAGIC = '070701';
const S_IFDIR = 0o040755;
const S_IFREG = 0o100755;
/** Names and contents begin at multiples of it. */
const ALIGNMENT = 4;
const END: Entry = { name: 'TRAILER!!!', content: Buffer.alloc(0) };

const padding = (length: number): Buffer => Buffer.alloc((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);

function entryBytes({ name, content }: Entry, inode: number): Buffer {
  const mode = content === null ? S_IFDIR : S_IFREG;
  const data = content ?? Buffer.alloc(0);
  // Inode, mode, owner, group, links, time, size, four numbers of devices, the length of the name with its zero, a checksum of none.
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length + 1, 0];
  const head = Buffer.from(`${MAGIC}${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`, 'latin1');
  return Buffer.concat([head, padding(head.length), data, padding(data.length)]);
}

/** The archive, in the order of the entries: a folder comes before what is in it. */
export const archive = (entries: readonly Entry[]): Buffer =>
  Buffer.concat([...entries, END].map((entry, i) => entryBytes(entry, i + 1)));
