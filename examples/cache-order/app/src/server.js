import { createServer } from 'node:http'
import { greeting } from 'greeting'

const server = createServer((request, response) => {
  const name = new URL(request.url, 'http://localhost').searchParams.get('name') ?? 'world'
  response.end(`${greeting(name)}\n`)
})
server.listen(8080, () => console.log('listening on 8080'))
