/** Loaded into the server's process before it starts: says, when asked, what any object there has by inheritance. */
process.on('message', () => {
  const inherited: string[] = []
  for (const key in {}) inherited.push(key)
  process.send?.({ pid: process.pid, inherited })
})
process.channel?.unref()
