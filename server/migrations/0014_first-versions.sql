-- What is live is always a version.
insert into bot_versions (workspace_id, bot_id, number, settings, published_at)
select workspace_id, id, 1, jsonb_build_object(
  'name', name, 'avatarUrl', avatar_url, 'instructions', instructions, 'tone', tone, 'answerLanguage', answer_language,
  'chatModel', chat_model, 'embeddingModel', embedding_model, 'credentialId', credential_id, 'temperature', temperature,
  'maxOutputTokens', max_output_tokens, 'unknownAnswer', unknown_answer, 'moderationPatterns', moderation_patterns,
  'moderationFallback', moderation_fallback, 'theme', theme, 'greeting', greeting, 'suggestedQuestions', suggested_questions,
  'showsCitations', shows_citations, 'locale', locale, 'words', words), updated_at
from bots where version = 0;
--> statement-breakpoint
update bots set version = 1 where version = 0;
