/**
 * What each operation answers in each situation, as Linux does it for uid 0. Every row starts from the same small tree:
 *
 *     /d/f  /e/  /f  /deep/a/b  /s -> f  /sd -> d  /dangling -> nowhere  /loop -> loop  /up -> ../../f
 */
import type { FileSystem } from '../types.js'

/** Builds the tree that the rows start from, in an empty root. */
export function errnoFixture(fs: FileSystem): void {
  fs.mkdir('/d')
  fs.writeFile('/d/f', 'in d')
  fs.mkdir('/e')
  fs.writeFile('/f', 'file')
  fs.mkdir('/deep/a', { recursive: true })
  fs.writeFile('/deep/a/b', 'b')
  fs.symlink('f', '/s')
  fs.symlink('d', '/sd')
  fs.symlink('nowhere', '/dangling')
  fs.symlink('loop', '/loop')
  fs.symlink('../../f', '/up')
}

/** What is done, what comes of it (`ok` or an errno), and how. */
export type ErrnoCase = readonly [what: string, code: string, run: (fs: FileSystem) => unknown]

const LONG = 'n'.repeat(256)
const FAR = '/e/..'.repeat(1000)
const bytes = new Uint8Array([1])

export const errnoCases: readonly ErrnoCase[] = [
  ['stat missing', 'ENOENT', (fs) => fs.stat('/none')],
  ['stat below missing', 'ENOENT', (fs) => fs.stat('/none/x')],
  ['stat below file', 'ENOTDIR', (fs) => fs.stat('/f/x')],
  ['stat file/', 'ENOTDIR', (fs) => fs.stat('/f/')],
  ['stat file/.', 'ENOTDIR', (fs) => fs.stat('/f/.')],
  ['stat dir/', 'ok', (fs) => fs.stat('/d/')],
  ['stat dangling', 'ENOENT', (fs) => fs.stat('/dangling')],
  ['stat loop', 'ELOOP', (fs) => fs.stat('/loop')],
  ['stat empty path', 'ENOENT', (fs) => fs.stat('')],
  ['stat long name', 'ENAMETOOLONG', (fs) => fs.stat(`/${LONG}`)],
  ['stat long path', 'ENAMETOOLONG', (fs) => fs.stat(FAR)],
  ['stat through link', 'ok', (fs) => fs.stat('/sd/f')],
  ['lstat dangling', 'ok', (fs) => fs.lstat('/dangling')],
  ['lstat loop', 'ok', (fs) => fs.lstat('/loop')],
  ['lstat loop/', 'ELOOP', (fs) => fs.lstat('/loop/')],
  ['lstat link-to-file/', 'ENOTDIR', (fs) => fs.lstat('/s/')],
  ['readlink file', 'EINVAL', (fs) => fs.readlink('/f')],
  ['readlink missing', 'ENOENT', (fs) => fs.readlink('/none')],
  ['readlink link-to-dir/', 'EINVAL', (fs) => fs.readlink('/sd/')],
  ['readdir file', 'ENOTDIR', (fs) => fs.readdir('/f')],
  ['readdir missing', 'ENOENT', (fs) => fs.readdir('/none')],
  ['readdir link', 'ok', (fs) => fs.readdir('/sd')],
  ['realpath dangling', 'ENOENT', (fs) => fs.realpath('/dangling')],
  ['open dir', 'EISDIR', (fs) => fs.open('/d')],
  ['open missing', 'ENOENT', (fs) => fs.open('/none')],
  ['open loop', 'ELOOP', (fs) => fs.open('/loop')],
  ['write dir', 'EISDIR', (fs) => fs.writeFile('/d', 'x')],
  ['write root', 'EISDIR', (fs) => fs.writeFile('/', 'x')],
  ['write missing/', 'EISDIR', (fs) => fs.writeFile('/none/', 'x')],
  ['write below missing', 'ENOENT', (fs) => fs.writeFile('/none/x', 'x')],
  ['write below file', 'ENOTDIR', (fs) => fs.writeFile('/f/x', 'x')],
  ['write through dangling', 'ok', (fs) => fs.writeFile('/dangling', 'x')],
  ['write loop', 'ELOOP', (fs) => fs.writeFile('/loop', 'x')],
  ['write long name', 'ENAMETOOLONG', (fs) => fs.writeFile(`/${LONG}`, 'x')],
  ['exclusive write file', 'EEXIST', (fs) => fs.writeFile('/f', 'x', { flag: 'wx' })],
  ['exclusive write dangling', 'EEXIST', (fs) => fs.writeFile('/dangling', 'x', { flag: 'wx' })],
  ['exclusive write dir/', 'EISDIR', (fs) => fs.writeFile('/d/', 'x', { flag: 'wx' })],
  ['write file/', 'EISDIR', (fs) => fs.writeFile('/f/', 'x')],
  ['append dir', 'EISDIR', (fs) => fs.writeFile('/d', 'x', { flag: 'a' })],
  ['append missing', 'ok', (fs) => fs.writeFile('/new', 'x', { flag: 'a' })],
  ['write at missing', 'ENOENT', (fs) => fs.writeAt('/none', 0, bytes)],
  ['write at negative', 'EINVAL', (fs) => fs.writeAt('/f', -1, bytes)],
  ['truncate dir', 'EISDIR', (fs) => fs.truncate('/d', 0)],
  ['truncate missing', 'ENOENT', (fs) => fs.truncate('/none', 0)],
  ['truncate negative', 'EINVAL', (fs) => fs.truncate('/f', -1)],
  ['mkdir file', 'EEXIST', (fs) => fs.mkdir('/f')],
  ['mkdir file/', 'EEXIST', (fs) => fs.mkdir('/f/')],
  ['mkdir dir', 'EEXIST', (fs) => fs.mkdir('/d')],
  ['mkdir root', 'EEXIST', (fs) => fs.mkdir('/')],
  ['mkdir .', 'EEXIST', (fs) => fs.mkdir('/d/.')],
  ['mkdir dangling', 'EEXIST', (fs) => fs.mkdir('/dangling')],
  ['mkdir new/', 'ok', (fs) => fs.mkdir('/new/')],
  ['mkdir below missing', 'ENOENT', (fs) => fs.mkdir('/none/x')],
  ['mkdir below file', 'ENOTDIR', (fs) => fs.mkdir('/f/x')],
  ['mkdir long name', 'ENAMETOOLONG', (fs) => fs.mkdir(`/${LONG}`)],
  ['rmdir file', 'ENOTDIR', (fs) => fs.rmdir('/f')],
  ['rmdir missing', 'ENOENT', (fs) => fs.rmdir('/none')],
  ['rmdir full', 'ENOTEMPTY', (fs) => fs.rmdir('/d')],
  ['rmdir link', 'ENOTDIR', (fs) => fs.rmdir('/sd')],
  ['rmdir link/', 'ENOTDIR', (fs) => fs.rmdir('/sd/')],
  ['rmdir .', 'EINVAL', (fs) => fs.rmdir('/e/.')],
  ['rmdir ..', 'ENOTEMPTY', (fs) => fs.rmdir('/deep/a/..')],
  ['rmdir empty', 'ok', (fs) => fs.rmdir('/e')],
  ['unlink dir', 'EISDIR', (fs) => fs.unlink('/d')],
  ['unlink dir/', 'EISDIR', (fs) => fs.unlink('/d/')],
  ['unlink file/', 'ENOTDIR', (fs) => fs.unlink('/f/')],
  ['unlink missing', 'ENOENT', (fs) => fs.unlink('/none')],
  ['unlink missing/', 'ENOENT', (fs) => fs.unlink('/none/')],
  ['unlink link-to-dir', 'ok', (fs) => fs.unlink('/sd')],
  ['unlink link-to-dir/', 'ENOTDIR', (fs) => fs.unlink('/sd/')],
  ['unlink .', 'EISDIR', (fs) => fs.unlink('/d/.')],
  ['rename missing', 'ENOENT', (fs) => fs.rename('/none', '/x')],
  ['rename to below missing', 'ENOENT', (fs) => fs.rename('/f', '/none/x')],
  ['rename to below file', 'ENOTDIR', (fs) => fs.rename('/d', '/f/x')],
  ['rename file over dir', 'EISDIR', (fs) => fs.rename('/f', '/e')],
  ['rename dir over file', 'ENOTDIR', (fs) => fs.rename('/d', '/f')],
  ['rename dir over full dir', 'ENOTEMPTY', (fs) => fs.rename('/d', '/deep')],
  ['rename dir over empty dir', 'ok', (fs) => fs.rename('/d', '/e')],
  ['rename into itself', 'EINVAL', (fs) => fs.rename('/deep', '/deep/a/x')],
  ['rename onto its parent', 'ENOTEMPTY', (fs) => fs.rename('/deep/a', '/deep')],
  ['rename file onto its parent', 'ENOTEMPTY', (fs) => fs.rename('/d/f', '/d')],
  ['rename onto itself', 'ok', (fs) => fs.rename('/d', '/d')],
  ['rename file/', 'ENOTDIR', (fs) => fs.rename('/f/', '/x')],
  ['rename file to new/', 'ENOTDIR', (fs) => fs.rename('/f', '/x/')],
  ['rename dir to new/', 'ok', (fs) => fs.rename('/d', '/x/')],
  ['rename .', 'EBUSY', (fs) => fs.rename('/d/.', '/x')],
  ['rename root', 'EBUSY', (fs) => fs.rename('/', '/x')],
  ['rename to ..', 'EBUSY', (fs) => fs.rename('/f', '/deep/..')],
  ['rename link', 'ok', (fs) => fs.rename('/dangling', '/x')],
  ['rename through loop', 'ELOOP', (fs) => fs.rename('/loop/x', '/x')],
  ['link dir', 'EPERM', (fs) => fs.link('/d', '/x')],
  ['link missing', 'ENOENT', (fs) => fs.link('/none', '/x')],
  ['link to taken', 'EEXIST', (fs) => fs.link('/f', '/e')],
  ['link to dangling', 'EEXIST', (fs) => fs.link('/f', '/dangling')],
  ['link to new/', 'ENOENT', (fs) => fs.link('/f', '/x/')],
  ['link file/', 'ENOTDIR', (fs) => fs.link('/f/', '/x')],
  ['link a link', 'ok', (fs) => fs.link('/dangling', '/x')],
  ['symlink to taken', 'EEXIST', (fs) => fs.symlink('t', '/f')],
  ['symlink to new/', 'ENOENT', (fs) => fs.symlink('t', '/x/')],
  ['symlink empty', 'ENOENT', (fs) => fs.symlink('', '/x')],
  ['symlink below file', 'ENOTDIR', (fs) => fs.symlink('t', '/f/x')],
  ['chmod missing', 'ENOENT', (fs) => fs.chmod('/none', 0o600)],
  ['chmod dangling', 'ENOENT', (fs) => fs.chmod('/dangling', 0o600)],
  ['chown dangling', 'ENOENT', (fs) => fs.chown('/dangling', 0, 0)],
  ['utimes missing', 'ENOENT', (fs) => fs.utimes('/none', 0n)],
  ['utimes dangling itself', 'ok', (fs) => fs.utimes('/dangling', 0n, { nofollow: true })],
]

/** Rows that only make sense for our own operations, which no single system call does. */
export const ownErrnoCases: readonly ErrnoCase[] = [
  ['mkdir -p over file', 'EEXIST', (fs) => fs.mkdir('/f', { recursive: true })],
  ['mkdir -p below file', 'ENOTDIR', (fs) => fs.mkdir('/f/x/y', { recursive: true })],
  ['mkdir -p dir', 'ok', (fs) => fs.mkdir('/deep/a', { recursive: true })],
  ['mkdir -p dangling', 'EEXIST', (fs) => fs.mkdir('/dangling', { recursive: true })],
  ['mkdir -p through link', 'ok', (fs) => fs.mkdir('/sd/x/y', { recursive: true })],
  ['rm dir', 'EISDIR', (fs) => fs.rm('/d')],
  ['rm missing', 'ENOENT', (fs) => fs.rm('/none', { recursive: true })],
  ['rm -f missing', 'ok', (fs) => fs.rm('/none/x', { force: true })],
  ['rm -r root', 'EBUSY', (fs) => fs.rm('/', { recursive: true, force: true })],
  ['rm -r .', 'EINVAL', (fs) => fs.rm('/d/.', { recursive: true })],
  ['rm -r link-to-dir', 'ok', (fs) => fs.rm('/sd', { recursive: true })],
  ['stat NUL', 'EINVAL', (fs) => fs.stat('/a\0b')],
  ['write half a pair', 'EINVAL', (fs) => fs.writeFile('/\ud800', 'x')],
]
