/** One question to the bot, by the playground, told as it comes. */
import type { ChatEvent, Citation } from '@mevichat/protocol/chat.ts'
import { createEventParser } from '@mevichat/protocol/sse.ts'
import { useCallback, useRef, useState } from 'react'
import { playgroundToken } from '../preview/token.ts'

export interface Answer {
  question: string
  text: string
  citations: Citation[]
  state: 'waiting' | 'writing' | 'done' | 'failed'
}

export function useAnswer({ workspaceId, botId }: { workspaceId: string; botId: string }) {
  const [answer, setAnswer] = useState<Answer | null>(null)
  const running = useRef<AbortController>(undefined)

  const ask = useCallback(
    async (question: string) => {
      running.current?.abort()
      const control = new AbortController()
      running.current = control
      const { signal } = control
      let current: Answer = { question, text: '', citations: [], state: 'waiting' }
      const show = (change: Partial<Answer>) => {
        if (signal.aborted) return
        current = { ...current, ...change }
        setAnswer(current)
      }
      show({})
      try {
        const token = await playgroundToken(fetch, workspaceId)
        const response = await fetch('/api/chat/playground/', {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ bot_id: botId, session_id: crypto.randomUUID(), message: question }),
          signal,
        })
        if (!response.ok || !response.body) throw new Error(String(response.status))
        const parser = createEventParser(({ event, data }) => {
          const said = { event, data: JSON.parse(data) } as ChatEvent
          if (said.event === 'token') show({ text: current.text + said.data.text, state: 'writing' })
          else if (said.event === 'blocked') show({ text: said.data.fallback })
          else if (said.event === 'citations') show({ citations: said.data.citations })
          else if (said.event === 'error') show({ state: 'failed', text: said.data.message })
          else if (said.event === 'done' && current.state !== 'failed') show({ state: 'done' })
        })
        for await (const text of response.body.pipeThrough(new TextDecoderStream())) parser(text)
      } catch {
        show({ state: 'failed' })
      }
    },
    [workspaceId, botId],
  )
  return { answer, ask }
}
