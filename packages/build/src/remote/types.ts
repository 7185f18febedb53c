import type { Snapshot } from '@layerwright/vfs'

/** The part of the platform's `fetch` that is used. */
export type Fetch = (
  url: string,
  init: { readonly headers: Record<string, string>; readonly redirect: 'manual' | 'follow'; readonly signal: AbortSignal },
) => Promise<Response>

/** A Git repository as ADD names it. */
export interface GitAddress {
  /** What a Git program takes: without fragment and query. */
  readonly remote: string
  /** Branch, tag or commit; undefined: what the remote's HEAD points to. */
  readonly ref: string | undefined
  /** Folder inside the repository; '' for its top. */
  readonly subdir: string
}

/** Fetches from Git repositories. The one of `/node` uses the `git` program; a page may bring its own. */
export interface GitClient {
  /** The commit that a ref means now, as hex. @throws GitError */
  resolve(remote: string, ref: string | undefined, signal: AbortSignal): Promise<string>
  /**
   * The tree of a commit; times are the commit's. Contents may be read until `close`.
   * @throws GitError
   */
  checkout(request: GitCheckout): Promise<{ readonly root: Snapshot; close(): Promise<void> }>
}

export interface GitCheckout {
  readonly remote: string
  readonly ref: string | undefined
  readonly commit: string
  /** Whether `.git` is part of the tree. */
  readonly keepGitDir: boolean
  readonly signal: AbortSignal
}
