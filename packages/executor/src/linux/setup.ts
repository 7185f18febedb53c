/** Whether files may be given away: as root, and in a user namespace with a range of ids. */
export type Ownership = 'keep' | 'none'
