/** The same shape, writable: for whoever made the object and has not handed it out yet. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] }
