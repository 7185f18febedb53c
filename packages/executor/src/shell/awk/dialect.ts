/** Whose awk it is: mawk (Debian's), gawk, or busybox's. They differ in a few words, in the form of large numbers and in the order of keys. */
export type AwkDialect = 'mawk' | 'gawk' | 'busybox'
