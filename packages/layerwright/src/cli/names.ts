/** `docker.io/library/app:1.0` as people write it: `app:1.0`. */
export const familiar = (reference: string): string => reference.replace(/^docker\.io\/(library\/)?/, '')
