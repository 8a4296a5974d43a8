/** What the widget says, language by language. */
import { type OwnWords, widgetLanguages } from '@mevichat/protocol/widget-config.ts'
import { SavedArea, SavedText } from '../bot/saved-field.tsx'
import type { CardProps } from '../bot/use-draft.ts'
import { useSetting } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { SelectField } from '../ui/field.tsx'
import { Card } from '../ui/page.tsx'
import { words } from './words.ts'

interface WordsCardProps extends CardProps {
  /** Null is the default. */
  language: string | null
  onLanguage: (language: string | null) => void
}

const nothing: OwnWords = { greeting: null, suggested_questions: null, words: null }
const names = new Intl.DisplayNames('en', { type: 'language' })
const nameOf = (tag: string) => names.of(tag) ?? tag

export function WordsCard({ settings, save, language, onLanguage }: WordsCardProps) {
  const [translations, setTranslations] = useSetting(settings.translations ?? {}, (next) =>
    save({ translations: Object.keys(next).length > 0 ? next : null }),
  )
  const { greeting, suggested_questions, words: own } = settings
  const standing = { greeting, suggested_questions, words: own }
  const [fallback, setFallback] = useSetting<OwnWords>(standing, save)
  const kept = Object.keys(translations)
  const missing = widgetLanguages.filter((tag) => !kept.includes(tag) && tag !== settings.locale)

  function add(tag: string) {
    setTranslations({ ...translations, [tag]: nothing })
    onLanguage(tag)
  }

  function remove(tag: string) {
    const { [tag]: _, ...others } = translations
    onLanguage(null)
    setTranslations(others)
  }

  return (
    <Card title={words.words} about={words.wordsAbout}>
      <div className="grid gap-5">
        <div className="flex flex-wrap items-center gap-2">
          <fieldset className="contents">
            <legend className="sr-only">{words.languages}</legend>
            {[null, ...kept].map((tag) => (
              <Button
                key={tag}
                size="small"
                kind={tag === language ? 'plain' : 'quiet'}
                aria-pressed={tag === language}
                onClick={() => onLanguage(tag)}
              >
                {tag === null ? words.default(settings.locale && nameOf(settings.locale)) : nameOf(tag)}
                <span className="text-soft">{words.said(countOf(tag === null ? fallback : translations[tag]))}</span>
              </Button>
            ))}
          </fieldset>
          {missing.length > 0 && (
            <SelectField
              label={words.addLanguage}
              isLabelHidden
              className="w-44"
              value=""
              onChange={(event) => add(event.target.value)}
            >
              <option value="">{words.addLanguage}</option>
              {missing.map((tag) => (
                <option key={tag} value={tag}>
                  {nameOf(tag)}
                </option>
              ))}
            </SelectField>
          )}
        </div>
        {language === null ? (
          <>
            <LocaleField settings={settings} save={save} hasOthers={kept.length > 0} />
            <Fields key="default" own={fallback} onSave={setFallback} />
          </>
        ) : (
          <>
            <p className="text-sm text-soft">{words.translationAbout(nameOf(language))}</p>
            <Fields
              key={language}
              language={language}
              own={translations[language] ?? nothing}
              fallback={fallback}
              onSave={(next) => setTranslations({ ...translations, [language]: next })}
            />
            <div>
              <Button onClick={() => remove(language)}>{words.removeLanguage(nameOf(language))}</Button>
            </div>
          </>
        )}
      </div>
    </Card>
  )
}

function LocaleField({ settings, save, hasOthers }: CardProps & { hasOthers: boolean }) {
  const [locale, setLocale] = useSetting(settings.locale, (next) => save({ locale: next }))
  const tags = new Set<string>([...widgetLanguages, ...(locale ? [locale] : [])])
  return (
    <SelectField
      label={words.locale}
      hint={words.localeHint}
      error={hasOthers && !locale ? words.localeMissing : undefined}
      className="max-w-96"
      value={locale ?? ''}
      onChange={(event) => setLocale(event.target.value || null)}
    >
      <option value="">{words.localeOfVisitor}</option>
      {[...tags].map((tag) => (
        <option key={tag} value={tag}>
          {nameOf(tag)}
        </option>
      ))}
    </SelectField>
  )
}

interface FieldsProps {
  own: OwnWords
  fallback?: OwnWords
  language?: string
  onSave: (own: OwnWords) => void
}

function Fields({ own, fallback = nothing, language, onSave }: FieldsProps) {
  const written = { lang: language, dir: language ? (language.startsWith('ar') ? 'rtl' : 'ltr') : 'auto' }
  return (
    <>
      <SavedArea
        {...written}
        label={words.greeting}
        hint={words.greetingHint}
        maxLength={2_000}
        rows={2}
        placeholder={fallback.greeting ?? ''}
        value={own.greeting}
        onSave={(greeting) => onSave({ ...own, greeting })}
      />
      <SavedArea
        {...written}
        label={words.suggestions}
        hint={words.suggestionsHint}
        placeholder={fallback.suggested_questions?.join('\n') ?? ''}
        value={own.suggested_questions?.join('\n') ?? null}
        onSave={(text) => onSave({ ...own, suggested_questions: linesOf(text) })}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        {Object.entries(words.wordNames).map(([name, label]) => (
          <SavedText
            {...written}
            key={name}
            label={label}
            maxLength={500}
            placeholder={fallback.words?.[name] ?? ''}
            value={own.words?.[name] ?? null}
            onSave={(text) => {
              const { [name]: _, ...others } = own.words ?? {}
              const next = text === null ? others : { ...others, [name]: text }
              onSave({ ...own, words: Object.keys(next).length > 0 ? next : null })
            }}
          />
        ))}
      </div>
    </>
  )
}

/** How many of the texts that can be set here are. */
function countOf(own: OwnWords = nothing): [set: number, all: number] {
  const shown = Object.keys(words.wordNames)
  const texts = [own.greeting, own.suggested_questions, ...shown.map((name) => own.words?.[name])]
  return [texts.filter((text) => text?.length).length, texts.length]
}

function linesOf(text: string | null): string[] | null {
  const lines = (text ?? '').split('\n').map((line) => line.trim())
  const said = lines.filter((line) => line !== '').slice(0, 10)
  return said.length > 0 ? said : null
}
