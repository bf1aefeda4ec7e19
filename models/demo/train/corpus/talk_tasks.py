"""Wording of small tasks and of questions beyond the model. Lines after `--` are held out."""

from .wording import parts

REPEAT = parts("""
Repeat: {v}
Repeat this: {v}
Repeat after me: {v}
Repeat "{v}".
Repeat the words "{v}".
Repeat the text "{v}".
Repeat exactly this: {v}
Please repeat: {v}
Please repeat after me: {v}
Can you repeat this: {v}
Say: {v}
Say this: {v}
Say "{v}"
Say "{v}" and nothing else.
Say the words "{v}".
Say exactly this: {v}
Say this back to me: {v}
Say after me: {v}
Please say: {v}
Please say "{v}".
Can you say "{v}"?
Just say "{v}".
Echo: {v}
Echo "{v}".
Echo this: {v}
Write: {v}
Write "{v}".
Write this: {v}
Write the words "{v}".
Just write "{v}".
Print "{v}".
Print: {v}
Print the text "{v}".
Answer with "{v}".
Answer only with "{v}".
Answer with these words: {v}
Your answer: {v}
Your answer should be "{v}".
Your whole answer shall be "{v}".
Reply with "{v}".
Reply with exactly: {v}
Reply only with "{v}".
Reply with these words: {v}
Just reply "{v}".
Respond with "{v}".
Respond only with "{v}".
Copy this: {v}
Copy the text "{v}".
Copy: {v}
Type "{v}".
Type: {v}
Give me back these words: {v}
--
Please write exactly this: {v}
Answer with the words "{v}" and nothing else.
Copy these words: {v}
Can you repeat the text "{v}"?
Just respond with: {v}
Your whole answer should be "{v}".
Type exactly "{v}".
""")
GREET = parts("""
Say hello to {n}.
Say hello to {n}!
Say hello to my friend {n}.
Say hi to {n}.
Say hi to my friend {n}.
Greet {n}.
Greet {n}, please.
Greet my friend {n}.
Please greet {n}.
Please say hello to {n}.
Please say hi to {n}.
{n} is here, say hello.
{n} is here, say hi.
{n} is here, greet them.
{n} has come, please say hello.
This is {n}, greet them.
This is {n}, say hello.
Here is {n}, say hi.
Can you say hello to {n}?
Can you greet {n}?
Could you say hi to {n}?
Write a greeting for {n}.
Write a greeting to {n}.
Give {n} a greeting.
Give my friend {n} a greeting.
Welcome {n}, please.
Welcome my friend {n}, please.
I want you to greet {n}.
--
Here is my friend {n}, say hello.
Could you greet my friend {n}?
I want you to say hi to {n}.
This is {n}, please give them a greeting.
{n} has come, greet them.
""")
BULLETS = parts("""
Make a bullet list: {l}
Make a bullet list of {l}.
Make a list: {l}
Make a list of {l}.
Make a list with {l}.
Make bullet points: {l}
Make bullets of {l}.
Make bullet points of {l}.
Write {l} as a list.
Write {l} as a bullet list.
Write a list: {l}
Write a bullet list with {l}.
Write these as a list: {l}
Write each on its own line: {l}
Write {l}, each on its own line.
List these: {l}
List these with dashes: {l}
List {l} with dashes.
List these one a line: {l}
Bullet points: {l}
Bullet list: {l}
Bullets for {l}, please.
I want bullets for {l}.
I want a bullet list of {l}.
I need {l} as a list.
I need a list of {l}.
Turn this into a list: {l}
Turn this into bullet points: {l}
Turn {l} into a bullet list.
Put {l} in a list.
Put {l} in a list, one a line.
Put these in a bullet list: {l}
Put a dash before each: {l}
One dash for each: {l}
Format {l} as a list.
Format {l} as bullet points.
Format as a bullet list: {l}
Can you make a list of {l}?
Please list {l}, one a line.
Show {l} as a list.
--
Can you write {l} as bullet points?
Turn {l} into bullets.
I need bullet points for {l}.
Please format these as a list: {l}
Put each on its own line with a dash: {l}
Show these as bullet points: {l}
""")
FIRST = parts("""
What is the first word of "{v}"?
What's the first word of "{v}"?
What is the first word in "{v}"?
What is the first word here: {v}
Which word comes first in "{v}"?
Which word is first in "{v}"?
Which is the first word of "{v}"?
With which word does "{v}" begin?
With which word does "{v}" start?
First word of "{v}"?
The first word of "{v}", please.
The first word of: {v}
Give me the first word of "{v}".
Give me only the first word of "{v}".
Tell me the first word of: {v}
Tell me the first word of "{v}".
Tell me which word comes first in "{v}".
Say the first word of "{v}".
Only the first word of "{v}", please.
Write the first word of "{v}".
Repeat the first word of "{v}".
Repeat only the first word of: {v}
--
Say only the first word of: {v}
Tell me the word that comes first in "{v}".
Write the word that comes first in "{v}".
Which word is the first one in "{v}"?
""")
LAST = parts("""
What is the last word of "{v}"?
What's the last word of "{v}"?
What is the last word in "{v}"?
What is the last word here: {v}
Which word comes last in "{v}"?
Which word is last in "{v}"?
Which is the last word of "{v}"?
With which word does "{v}" end?
Last word of "{v}"?
The last word of "{v}", please.
The last word of: {v}
Give me the last word of "{v}".
Give me only the last word of "{v}".
Tell me the last word of: {v}
Tell me the last word of "{v}".
Tell me which word comes last in "{v}".
Say the last word of "{v}".
Only the last word of "{v}", please.
Write the last word of "{v}".
Repeat the last word of "{v}".
Repeat only the last word of: {v}
--
Say only the last word of: {v}
Write the word that comes last in "{v}".
Which word is the last one in "{v}"?
Tell me the word that is last here: {v}
""")
BEYOND = parts("""
Write a poem about {@topic}.
Write a poem for my {@animal}.
Write a song for my {@animal}.
Write a song about {@topic}.
Write an essay about {@topic}.
Write a story about a {@job}.
Write me a poem about {@food}.
Who invented {@topic}?
Who invented the {@item}?
Who discovered {@topic}?
Who wrote the best book about {@topic}?
Who is the president of {@city}?
Who is the best {@job}?
Who is {@first}?
Why do people like {@topic}?
Why do people like {@food}?
Why is {@city} famous?
Why is the sky blue?
Explain {@topic}.
Explain {@topic} to me.
Explain how {@topic} works.
Describe {@topic}.
Describe {@city}.
Describe a {@animal}.
Tell me a story about a {@animal}.
Tell me a story about {@topic}.
Tell me a story.
Tell me a joke.
Tell me a joke about a {@job}.
Tell me about {@topic}.
Tell me something about {@city}.
Tell me about life in {@city}.
What do you think about {@topic}?
What do you think of {@food}?
What is your opinion on {@topic}?
What is {@topic}?
What is a {@item}?
What is the meaning of life?
What is the capital of that country?
What is the best {@item}?
What is the best food in {@city}?
What will happen next year?
What does a {@job} do all day?
What does a {@animal} eat?
When did {@topic} begin?
When was {@city} founded?
Where does {@food} come from?
Where does a {@animal} live?
How do I learn {@language}?
How does {@topic} work?
How does a {@item} work?
How do I make {@food}?
How do I become a {@job}?
How many people live in {@city}?
How old is {@first}?
How old is {@city}?
How long does a {@animal} live?
Is {@city} nicer than {@city}?
Is there life on Mars?
Give me a recipe for {@food}.
Give me ideas for a trip to {@city}.
Sing something about {@food}.
Sing a song for me.
Sing me a song about {@topic}.
Do you like {@food}?
Do you like {@city}?
Do you like people?
Which {@item} should I buy?
Which {@food} is the best?
Invent a story about a {@job} and a {@animal}.
Make a plan for my trip to {@city}.
--
Why does a {@job} like {@topic}?
Tell me why {@food} is famous.
Which {@item} is the best for a {@job}?
Explain to me how a {@item} works.
Sing a song about a {@animal}.
Write me a story about {@city}.
When did people begin to like {@topic}?
What do people eat in {@city}?
How long do people live in {@city}?
Do you like {@topic}?
""")
