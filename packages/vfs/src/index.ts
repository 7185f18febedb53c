export { isZeroContent, memoryContent, textContent, zeroContent } from './content/memory.js'
export {
  contentDigest,
  contentDigestSync,
  knownDigest,
  readAll,
  readAllSync,
  rememberDigest,
  sameContent,
} from './content/read.js'
export { type ContentPart, concatContent, contentParts, sliceContent } from './content/rope.js'
export type { Mountable, Node, NodeReader, NodeWriter } from './driver.js'
export {
  ContentChangedError,
  ContentSizeError,
  FsError,
  type FsErrorCode,
  InvalidNameError,
  isFsError,
  NameCollisionError,
  NotSynchronousError,
  TreeLimitError,
} from './errors.js'
export { type NodePromises, nodeFs } from './facade/node-fs.js'
export type { NodeDirent, NodeStats } from './facade/stats.js'
export { type CopyUpCost, History, type PathChange, type PathLayer, snapshotDriver, snapshotView, type Version } from './history/history.js'
export {
  type AttributesInit,
  cloneInode,
  deviceInode,
  dirInode,
  emptySnapshot,
  fifoInode,
  fileInode,
  type NodeInit,
  sameAttributes,
  sameXattrs,
  symlinkInode,
} from './inode.js'
export { limits } from './limits.js'
export { byteLengthOf, compareNames, decodeName, encodeName, isEncodable, sortedNames } from './names.js'
export { createOverlay, overlayOf, tmpfs } from './overlay/create.js'
export type { OverlayOptions } from './overlay/options.js'
export { replayChanges, setAttributes } from './overlay/replay.js'
export type { Spill } from './overlay/spill.js'
export type { GraftLinks, Overlay } from './overlay.js'
export { applyChanges, copyTree, upperChanges } from './tree/changes.js'
export { diffTrees } from './tree/diff.js'
export { type DigestStrength, treeDigest, treeDigestSync } from './tree/digest.js'
export { linkCounts } from './tree/links.js'
export { lookup, resolvePath } from './tree/lookup.js'
export { type TreeEntry, walk } from './tree/walk.js'
export type * from './types.js'
export { type Mount, mountView, type ViewOptions } from './view/mounts.js'
export { type MountedTree, mountTable } from './view/table.js'
export { NameWatch, type WalkedName } from './view/watch.js'
