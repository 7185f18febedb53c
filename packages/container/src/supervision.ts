/** Who runs a container's main process. It is not in any lock: its name is in the record, and whether it lives can be asked. */
export interface Supervision {
  /** Names this process, as long as it lives and never another one. */
  readonly mark: string
  /** Whether the process with this mark lives. */
  lives(mark: string): boolean
  /** Kills it, with all that it runs. */
  end?(mark: string): void
  /**
   * Starts a container in a process of its own, which calls `start` on it. Resolves when the container runs; without it, a detached container runs in
   * this process, and ends with it.
   * @throws what `start` threw there
   */
  readonly launch?: (id: string) => Promise<void>
}

/** For where there are no processes: what runs here ends with this page. */
export const realmOnly = (): Supervision => ({ mark: `realm-${crypto.randomUUID()}`, lives: () => false })
