// Starts the service beside itself and asks it once, for engines whose containers have no network but their own loopback.
import './server.js'

const address = `http://127.0.0.1:${process.env.PORT ?? 8080}/?name=probe`
for (let attempt = 0; ; attempt++) {
  try {
    console.log(await (await fetch(address)).text())
    break
  } catch (error) {
    if (attempt === 100) throw error
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
process.kill(process.pid, 'SIGTERM')
