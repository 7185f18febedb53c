// A small web service: what it answers comes from a module of its own, so that an edit of the source has something to show.
import express from 'express'
import { greeting } from './greeting.js'

const service = express()
service.get('/', (request, response) =>
  response.json({ greeting: greeting(String(request.query.name ?? 'world')), user: process.getuid() }),
)
const server = service.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
process.once('SIGTERM', () => server.close(() => process.exit(0)))
