import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { words } from '../words.ts'
import { Button } from './button.tsx'

/** Code to be copied with one click. */
export function CodeBlock({ code, label }: { code: string; label: string }) {
  const [isCopied, setIsCopied] = useState(false)
  return (
    <div className="flex items-start gap-2 rounded-lg border border-line bg-raised">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section tabIndex={0} aria-label={label} className="min-w-0 grow overflow-x-auto p-4 text-sm">
        <pre>
          <code>{code}</code>
        </pre>
      </section>
      <Button
        size="small"
        className="mt-2.5 mr-2.5"
        onClick={async () => {
          await navigator.clipboard.writeText(code)
          setIsCopied(true)
          setTimeout(() => setIsCopied(false), 2_000)
        }}
      >
        {isCopied ? <Check aria-hidden /> : <Copy aria-hidden />}
        {isCopied ? words.copied : words.copy}
      </Button>
    </div>
  )
}
