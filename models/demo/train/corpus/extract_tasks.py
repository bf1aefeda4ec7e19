"""How structured extraction is asked for. {k} keys, {t} text. Lines after `--` are held out."""

from .wording import parts

TASKS = parts("""
Extract {k} as JSON: {t}
Extract {k} as JSON: {t}
Extract {k}: {t}
Extract {k} as a JSON object: {t}
Extract {k} in JSON: {t}
Extract {k} from this: {t}
Extract {k} from this text: {t}
Extract {k} from this text as JSON: {t}
Extract {k} from the text. {t}
Extract {k} from the note. {t}
Extract the fields {k}: {t}
Extract the keys {k} from this text: {t}
Please extract {k}: {t}
Please extract {k} as JSON. {t}
Can you extract {k} from this? {t}
Give me {k} as JSON: {t}
Give me JSON with {k}: {t}
Give me a JSON object with {k}: {t}
Give me {k} from this text: {t}
Return {k} as JSON: {t}
Return JSON with {k}: {t}
Return JSON with the keys {k}. Text: {t}
Return a JSON object with {k} for this text: {t}
Return only {k} as JSON. {t}
Turn this into JSON with {k}: {t}
Turn this text into a JSON object with {k}: {t}
Convert this to JSON with {k}: {t}
Convert to JSON, keys {k}: {t}
Read the text and return {k} as JSON. {t}
Read this and give me {k} as JSON: {t}
Read this note and extract {k}: {t}
Make JSON with {k} from: {t}
Make a JSON object with {k} from this text: {t}
Make JSON from this, keys {k}: {t}
Build JSON with {k}: {t}
Build a JSON object with {k} from this: {t}
JSON with {k}, please: {t}
JSON with {k}: {t}
JSON, keys {k}: {t}
Text: {t} Extract {k}.
Text: {t} Extract {k} as JSON.
Text: {t} Give me {k} as JSON.
Text: {t} Return JSON with {k}.
Text: {t} Keys: {k}.
"{t}" Extract {k} as JSON.
"{t}" Give me {k} as JSON.
{t} Extract {k}.
{t} Extract {k} as JSON.
{t} Extract {k} from this.
{t} Return {k} as JSON.
{t} Give me {k} in JSON.
{t} Give me JSON with {k}.
{t} I need {k} as JSON.
{t} What I need is JSON with {k}.
{t} Make JSON with {k}.
Here is a text: {t} Extract {k} as JSON.
Here is a message: {t} Build JSON with {k}.
Here is a note: {t} Give me {k} as JSON.
From the following, take {k}: {t}
From the following text, extract {k}: {t}
From this text, return {k} as JSON: {t}
Fill in {k}: {t}
Fill in the keys {k} from this text: {t}
Find {k} in this text: {t}
Find {k} in this text and return JSON: {t}
Which {k} does this text give? {t}
What are {k} in this text? {t}
Get {k} out of this: {t}
Get {k} from this text: {t}
Get {k} from the note. {t}
Take {k} out of this text: {t}
Pull {k} out of this note: {t}
Pull {k} from this: {t}
Collect {k} from the note. {t}
Collect {k} from this text: {t}
Parse this into {k}: {t}
Parse this text into JSON with {k}: {t}
Keys: {k}. Text: {t}
Fields: {k}. {t}
Fields: {k}. Text: {t}
Write JSON with {k}: {t}
Write a JSON object with the fields {k}. {t}
I need {k} as JSON. {t}
I need {k} from this text: {t}
I need JSON with {k}. {t}
I want {k} as JSON. {t}
Put {k} into JSON: {t}
Put {k} from this text into a JSON object: {t}
--
Please build a JSON object with the keys {k}. {t}
Can you find {k} in this note? {t}
Parse the following text into {k}: {t}
Here is a text: {t} What I need is {k}.
Put this into JSON with the fields {k}: {t}
I want a JSON object with {k} from this text: {t}
{t} Please return {k} from this.
Collect {k} and return JSON. {t}
Read this message: {t} Give me {k} as a JSON object.
Take {k} from the text and write JSON. {t}
""")
