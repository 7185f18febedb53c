import { parseId } from '../../users.js'
import type { Call } from '../call.js'

/** Names and ids of the tree's /etc/passwd and /etc/group, read once a command. */
export class Owners {
  private readonly users: string[][]
  private readonly groups: string[][]

  private constructor(passwd: string, group: string) {
    const rows = (text: string) =>
      text
        .split('\n')
        .filter((line) => line.includes(':'))
        .map((line) => line.split(':'))
    this.users = rows(passwd)
    this.groups = rows(group)
  }

  static async load(call: Call): Promise<Owners> {
    const read = async (path: string) => {
      const stat = call.fs.find(path)
      if (stat?.type === 'file' && stat.size <= 1 << 20) return call.fs.readFile(call.process.task, path)
      // Where no file says otherwise there is root, as the C library's own default is.
      return stat || !call.process.run.everyCommand ? '' : path === '/etc/passwd' ? 'root:x:0:0:root:/root:/bin/bash\n' : 'root:x:0:\n'
    }
    return new Owners(await read('/etc/passwd'), await read('/etc/group'))
  }

  userName(uid: number): string | undefined {
    return this.users.find((row) => row[2] === String(uid))?.[0]
  }

  groupName(gid: number): string | undefined {
    return this.groups.find((row) => row[2] === String(gid))?.[0]
  }

  /** Id of a name or of digits. */
  uid(name: string): number | undefined {
    const row = this.users.find((each) => each[0] === name)
    return row ? Number(row[2]) : parseId(name.replace(/^\+/, ''))
  }

  gid(name: string): number | undefined {
    const row = this.groups.find((each) => each[0] === name)
    return row ? Number(row[2]) : parseId(name.replace(/^\+/, ''))
  }

  loginGroup(uid: number): number | undefined {
    const row = this.users.find((each) => each[2] === String(uid))
    return row ? Number(row[3]) : undefined
  }

  /** Groups that list a user as a member. */
  memberships(name: string): number[] {
    return this.groups.filter((row) => (row[3] ?? '').split(',').includes(name)).map((row) => Number(row[2]))
  }
}
