"""Wording of greetings, thanks and questions about the agent. Lines after `--` are held out."""

from .wording import parts

HELLO = parts("""
Hi
Hi
Hi!
Hi.
Hello
Hello
Hello!
Hello.
Hey
Hey!
Hey there
Hey there!
Hey you
Good morning
Good morning!
Good morning, Puna.
Good afternoon
Good evening
Good evening!
Good day
Good day!
Hi there
Hi there!
Hi Puna
Hi Puna!
Hello there!
Hello there
Hello agent
Hello Puna!
Hello again
Hello again!
Hello my friend
Hi, nice to see you.
Hi, good to see you.
Hello, good to have you.
Hey, anybody here?
Hello, anybody there?
Hi again
Hello, I am back.
I am back!
Greetings
Greetings!
Howdy
Yo
--
Good morning, my friend
Hi there, good to see you.
Hello Puna, I am back.
Hey, it's me!
Good evening, Puna!
Hello, nice to see you again.
""")
NAMED_HELLO = parts("""
Hi, I am {n}.
Hi, I'm {n}.
Hi, my name is {n}.
Hi, {n} here.
Hi! I'm {n}.
Hi there, I am {n}.
Hi there, I go by {n}.
Hello, my name is {n}.
Hello, I am {n}.
Hello, I'm {n}. Nice to meet you.
Hello, {n} here.
Hello, {n} speaking.
Hello! They call me {n}.
Hello! My name is {n}.
Hey, {n} here.
Hey, I'm {n}.
Hey, my name is {n}.
Good morning, I am {n}.
Good morning, my name is {n}.
Good evening, my name is {n}.
Good day, I'm {n}.
My name is {n}, hi!
My name is {n}, hello.
I am {n}, hello.
I'm {n}, nice to meet you.
I am {n}, hi there!
Hello, this is {n}.
Hi, this is {n} speaking.
Nice to meet you, I am {n}.
--
Good morning, this is {n} speaking.
Hey there! They call me {n}.
Nice to meet you, my name is {n}.
Good evening, {n} here.
I go by {n}, hello!
""")
WHO = parts("""
Who are you?
Who are you?
who are you
What are you?
What is your name?
What's your name?
what is your name
Your name?
Introduce yourself.
Tell me who you are.
Tell me your name.
Tell me what you are.
Tell me about yourself.
Please tell me your name.
Please tell me who you are.
Please introduce yourself.
Who am I talking to?
Who is this?
Who is there?
Can you introduce yourself?
Can you tell me your name?
Can you tell me who you are?
Could you introduce yourself?
Could you say what your name is?
Say who you are.
Say your name.
Are you a robot? Who are you?
Are you an agent? Who are you?
What should I call you?
What can I call you?
What do they call you?
How should I call you?
Do you have a name?
May I know your name?
I want to know who you are.
I want to know your name.
Your name, please?
And who are you?
So who are you?
Which model are you?
--
Could you tell me who you are?
Please say your name.
May I know who you are?
What is your name, please?
Do you have a name? Tell me.
So what should I call you?
And what is your name?
""")
HOW = parts("""
How are you?
How are you?
how are you
How are you today?
How are you doing?
How are you doing today?
How are you feeling?
How do you do?
How do you feel?
How do you feel today?
How is it going?
How's it going?
How is everything?
How is everything going?
How is your day?
How is your day going?
How was your day?
How have you been?
How are things?
How are things going?
Hi, how are you?
Hello, how are you?
Hello, how are you today?
Hey, how is it going?
Hey, how are you doing?
And how are you?
So how are you?
Are you fine?
Are you well?
Are you OK?
Are you doing well?
Are you feeling good?
Is everything fine with you?
Is everything OK?
Is everything going well?
What's up?
Tell me how you are.
You OK?
--
Hello, how are things?
Are you doing fine?
How is everything today?
Tell me how you feel.
Is everything going fine?
Hey, are you OK?
""")
ABLE = parts("""
What can you do?
What can you do?
what can you do
What can you do for me?
What can you do for us?
What can you help me with?
What can I ask you?
What can I do with you?
What can I use you for?
What are you able to do?
What are you good at?
What are you for?
What are you good for?
What do you do?
What do you know?
What is your job?
What are your skills?
What skills do you have?
Which skills do you have?
How can you help me?
How can you help?
How could you be of help?
How do I use you?
How can I use you?
How do you work?
Help
Help!
help
Help me
Help, please
I need help
Can you help me?
Tell me what you can do.
Tell me how you can help.
Tell me what you can do for me.
Tell me what you are good at.
Tell me your skills.
Show me what you can do.
List your skills.
Please tell me what you can do.
Explain what you can do.
I want to know what you can do.
--
What can you help us with?
Show me your skills.
Please tell me how you can help me.
What are you able to do for me?
Tell me what I can ask you.
Explain how I can use you.
I want to know how you can help.
""")
TOOLS = parts("""
Which tools do you have?
What tools do you have?
What tools have you got?
Which tools have you got?
Which tools can you use?
What tools can you use?
What tools are there?
Which tools are there?
What tools are available?
Which tools are available?
Which tools can you call?
What are your tools?
List your tools.
List all your tools.
List all tools.
List the tools you have.
List the available tools.
Name your tools.
Name all your tools.
Name the tools you can use.
Please name your tools.
Please list your tools.
Show me your tools.
Show me all tools.
Show me the list of tools.
Show your tools.
Tell me which tools you have.
Tell me what tools you can use.
Tell me the names of your tools.
Which functions can you call?
Which functions do you have?
What functions are there?
What are the names of your tools?
Give me the list of tools.
Give me a list of your tools.
Give me the names of all tools.
Can I see your tools?
Can you list your tools?
Do you have tools? Which ones?
The list of your tools, please.
--
Tell me which tools are available.
Please show me all your tools.
Can you name the tools you have?
What are the names of the functions you can call?
Give me a list of the available tools.
Which tools can I see?
""")
THANKS = parts("""
Thanks
Thanks
Thanks!
Thanks.
thanks
Thank you
Thank you
Thank you!
Thank you.
thank you
Thanks a lot
Thanks a lot!
Thanks so much!
Thanks a bunch.
Thank you very much.
Thank you very much!
Thank you so much.
Thank you a lot.
Thank you for your help.
Thanks for your help.
Thanks for that.
Thank you for that!
Great, thanks.
Great, thank you!
OK, thank you.
OK, thanks.
Perfect, thanks!
Perfect, thank you.
Wonderful, thanks!
Nice, thanks.
Very good, thank you.
Very nice, thanks.
That helped, thank you.
That helped, thanks a lot.
That helped me a lot, thanks.
That was useful, thank you.
That was helpful, thanks.
Good job, thanks.
Good work, thank you.
Good job!
Well done, thanks.
Many thanks!
Many thanks.
Thx
--
Wonderful, thank you so much!
That was very helpful, thank you.
Good work, thanks for your help.
Many thanks for that!
Perfect, that helped a lot.
Very useful, thanks!
""")
BYE = parts("""
Bye
Bye
Bye!
bye
Bye bye
Bye bye!
Bye now
Goodbye
Goodbye!
Goodbye.
Good bye
Goodbye, Puna.
Bye, Puna!
See you
See you!
See you soon
See you later
See you later!
See you tomorrow.
See you next time.
Until next time
Until tomorrow
That is all, bye.
That's all, bye.
That's all for today, bye.
That is all for now, goodbye.
I have to go, bye.
I have to go now. Goodbye!
I must go, see you.
I am going home, bye.
I am leaving, goodbye.
I am leaving now.
Good night
Good night!
Bye for now
OK bye
OK, goodbye.
Thanks, bye!
Farewell
Talk to you later
Talk to you tomorrow, bye.
Have a nice day, bye!
Have a good day, goodbye.
--
Goodbye, see you tomorrow!
I have to go home, see you later.
That's all for now, bye bye.
OK, see you next time.
I am leaving, good night!
Have a nice day, see you soon.
Until later, bye!
""")
