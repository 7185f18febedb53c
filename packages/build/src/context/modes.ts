import { copyTree, type Inode, type Snapshot } from '@layerwright/vfs'

/** Modes as Git keeps them: what its owner may execute is 0755, every other file 0644, directories 0755. So no umask is seen. */
export const withGitModes = (tree: Snapshot): Snapshot => copyTree(tree, (inode) => ({ mode: gitMode(inode) }))

function gitMode({ type, mode }: Inode): number {
  if (type === 'dir') return 0o755
  if (type === 'symlink') return mode
  return mode & 0o100 ? 0o755 : 0o644
}
