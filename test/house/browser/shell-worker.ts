/** The worker of a page, as the README shows it. */
import { serveShell } from '@layerwright/executor/shell/worker'

serveShell()
